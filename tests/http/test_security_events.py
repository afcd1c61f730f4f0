"""Security events in the log: what was refused, and what was done."""

import logging

import pytest

from app.logs.formats import JsonFormat, fields_of


@pytest.fixture
def events(caplog):
    caplog.set_level("INFO", "keydesk")

    def events():
        found = [(record.event, fields_of(record)) for record in caplog.records if record.event.startswith("security.")]
        assert not any("@" in JsonFormat().format(record) for record in caplog.records)
        caplog.clear()
        return found

    return events


def test_a_key_that_is_revoked_is_one_event_with_the_ids_and_no_address(cast, events):
    key = cast.alice.create_key()
    events()
    assert cast.alice.revoke(key["id"]).status_code == 200
    ((event, fields),) = events()
    assert event == "security.key.revoked"
    assert fields.pop("sequence") > 1
    assert fields == {"organization": cast.alice.org, "target": key["id"]}


def test_what_is_not_committed_is_no_event(cast, events, monkeypatch):
    def fails(*_args, **_values):
        raise RuntimeError

    key = cast.alice.create_key()
    events()
    monkeypatch.setattr("app.store.revocation_counter.raise_for", fails)
    assert cast.alice.revoke(key["id"]).status_code == 500
    assert events() == []
    monkeypatch.undo()
    # Nor does it come with the next transaction.
    assert cast.alice.revoke(key["id"]).status_code == 200
    assert len(events()) == 1


def test_a_member_who_is_stopped_by_a_guard_is_named_by_their_id(cast, events):
    outsider = cast.charlie
    events()
    assert outsider.http.get(f"/v1/orgs/{cast.alice.org}/keys").status_code == 404
    ((event, fields),) = events()
    assert event == "security.guard_refused"
    assert (fields["error_code"], fields["route"]) == ("NOT_FOUND", "/v1/orgs/<org>/keys")
    assert fields["person"].startswith("usr_")


def test_refused_links_codes_and_cross_site_requests_are_events(app, events):
    client = app.test_client()
    assert client.get("/v1/auth/callback?token=SECRET").status_code == 400
    ((event, fields),) = events()
    assert event == "security.sign_in_refused"
    assert "SECRET" not in str(fields)
    code = {"email": "a@example.com", "code": "123456"}
    client.post("/v1/auth/email-code", json={"email": code["email"]})
    assert client.post("/v1/auth/email-code/verify", json=code).status_code == 400
    client.post("/v1/auth/request", json={"email": "a@example.com"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert [event for event, _ in events()] == ["security.code_wrong", "security.cross_site_refused"]


def test_nobody_who_is_just_not_signed_in_and_no_key_that_is_refused_is_one(app, events, caplog):
    app.test_client().get("/v1/orgs")
    for path in ("/v1/me", "/v1/forward-auth/v1/notes"):
        app.test_client().get(path, headers={"X-Api-Key": "whk_wrong"})
    assert events() == []
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
