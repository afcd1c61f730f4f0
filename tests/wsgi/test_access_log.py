"""The access log: what it says, and what it never says."""

import json

import pytest

from app.logs.formats import JsonFormat


@pytest.fixture
def entries(caplog, set_settings):
    set_settings(access_log=True)
    caplog.set_level("INFO", "keydesk.access")

    def entries():
        found = [json.loads(JsonFormat().format(record)) for record in caplog.records]
        caplog.clear()
        return [entry for entry in found if entry["event"] == "request.answered"]

    return entries


def test_an_entry_has_the_route_the_status_the_time_and_the_request_id(app, cast, entries):
    path = f"/v1/orgs/{cast.alice.org}/keys"
    cast.alice.http.get(path)
    entries()
    answer = cast.alice.http.get(path)
    (entry,) = entries()
    assert entry.pop("ms") > 0
    assert entry.pop("time")
    assert entry == {
        "level": "info",
        "request_id": answer.headers["X-Request-Id"],
        "event": "request.answered",
        "message": "",
        "method": "GET",
        "route": "/v1/orgs/<org>/keys",
        "status": 200,
    }


def test_forward_auth_says_whose_key_it_was_or_why_it_was_refused(app, cast, entries):
    made = cast.alice.create_key(scopes=["notes:read"])
    entries()
    for path in ("/v1/forward-auth/v1/notes", "/api/v1/forward-auth/v1/notes"):
        app.test_client().get(path, headers={"X-Api-Key": made["key"]})
        app.test_client().get(path)
        accepted, refused = entries()
        assert (accepted["route"], accepted["key"], accepted["organization"]) == (
            "/v1/forward-auth",
            made["id"],
            cast.alice.org,
        )
        assert (refused["route"], refused["status"], refused["error_code"]) == (
            "/v1/forward-auth",
            401,
            "MISSING_CREDENTIAL",
        )
        assert "key" not in refused


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/v1/nothing/SECRET?token=SECRET", "none"),
        ("GET", "/v1/auth/callback?token=SECRET", "/v1/auth/callback"),
        ("SECRET", "/healthz", "none"),
        ("GET", "/orgs/SECRET/keys?q=SECRET", "/orgs/<org>/keys"),
        ("GET", "/static/SECRET", "/static/<path:filename>"),
        ("GET", "/v1/forward-auth/SECRET?token=SECRET", "/v1/forward-auth"),
    ],
)
def test_no_path_query_header_or_address_is_in_it(app, entries, caplog, method, path, route):
    headers = dict.fromkeys(("X-Api-Key", "Cookie", "Referer", "User-Agent", "X-Forwarded-For"), "SECRET")
    app.test_client().open(path, method=method, headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.77"})
    written = "\n".join(JsonFormat().format(record) for record in caplog.records)
    (entry,) = entries()
    assert entry["route"] == route
    assert "SECRET" not in written
    assert "192.0.2.77" not in written


def test_without_the_setting_there_is_none(app, caplog):
    caplog.set_level("INFO", "keydesk.access")
    app.test_client().get("/healthz")
    assert caplog.records == []
