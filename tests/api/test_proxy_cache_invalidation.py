"""Cache invalidation over HTTP."""

import pytest


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.mark.parametrize("body", [{}, {"json": {}}, {"data": b"  "}])
def test_invalidate_takes_an_empty_body_or_an_empty_object(alice, client, body):
    headers = {"x-api-key": alice.create_key(scopes=["cache:invalidate"])["key"]}
    answers = [client.post("/v1/cache/invalidate", headers=headers, **body) for _ in range(2)]
    assert [answer.get_json() for answer in answers] == [{"data": {"generation": 1}}, {"data": {"generation": 2}}]


def test_invalidate_refuses_fields(alice, client):
    headers = {"x-api-key": alice.create_key(scopes=["cache:invalidate"])["key"]}
    assert client.post("/v1/cache/invalidate", headers=headers, json={"path": "/"}).status_code == 422
