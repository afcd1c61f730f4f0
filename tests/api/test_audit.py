"""The audit log of the key's organization."""

import pytest

from app.domain import paging


@pytest.fixture
def client(app):
    return app.test_client()


def test_audit_is_newest_first_in_pages_of_the_asked_size(alice, client):
    key = alice.create_key(name="CI", scopes=["agent:r"])
    headers = {"x-api-key": key["key"]}
    page = client.get("/v1/audit?limit=2", headers=headers).get_json()
    assert [list(item) for item in page["data"]] == [["id", "at", "action", "actor", "target", "details"]] * 2
    assert [item["action"] for item in page["data"]] == ["key.created", "session.created"]
    assert page["data"][0]["target"] == key["id"]
    rest = client.get(f"/v1/audit?cursor={page['next_cursor']}", headers=headers).get_json()
    assert [item["action"] for item in rest["data"]] == ["organization.created"]


def test_a_cursor_beyond_every_entry_is_no_crash(alice, client):
    headers = {"x-api-key": alice.create_key(scopes=["agent:r"])["key"]}
    answer = client.get("/v1/audit", query_string={"cursor": paging.encode((2**40,))}, headers=headers)
    assert answer.status_code == 200


def test_a_key_sees_its_own_organization_only(cast, client):
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    cast.alice.create_key()
    headers = {"x-api-key": charlie.create_key(scopes=["agent:r"])["key"]}
    actors = {item["actor"] for item in client.get("/v1/audit", headers=headers).get_json()["data"]}
    assert actors == {"charlie@example.com"}


def test_filters_combine(alice, client, clock):
    headers = {"x-api-key": alice.create_key(name="Reader", scopes=["agent:r"])["key"]}
    clock.advance(minutes=1)
    key = alice.create_key(name="CI")["id"]
    clock.advance(minutes=1)
    alice.revoke(key)

    def actions(**asked):
        answer = client.get("/v1/audit", query_string=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        return [item["action"] for item in answer.get_json()["data"]]

    assert actions(key=key) == ["key.revoked", "key.created"]
    assert actions(key=key, action="key.created") == ["key.created"]
    assert actions(actor="operator") == []
    assert actions(actor="alice@example.com", since="2026-04-16T12:01:00Z") == ["key.revoked", "key.created"]
    assert actions(since="9999-12-31T23:59:59Z", until="0001-01-01T00:00:00+14:00") == []
    assert len(actions(since="0001-01-01T00:00:00Z", until="9999-12-31T23:59:59-12:00")) == 5
    assert actions(since="2026-04-16T14:01:00+02:00", until="2026-04-16T12:02:00Z") == ["key.created"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("since", "yesterday"), ("until", "2026-04-16"), ("action", "revoked"), ("target", "key_1")],
)
def test_a_filter_that_cannot_be_understood_is_refused_by_name(alice, client, name, value):
    headers = {"x-api-key": alice.create_key(scopes=["agent:r"])["key"]}
    answer = client.get("/v1/audit", query_string={name: value}, headers=headers)
    assert answer.status_code == 422
    assert list(answer.get_json()["details"]["fields"]) == [name]
