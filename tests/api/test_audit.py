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
