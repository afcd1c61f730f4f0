"""What every request passes first: one spelling of /v1, and whom it comes from."""

from dataclasses import replace

import pytest
from werkzeug.test import EnvironBuilder

from app.wsgi.dispatcher import Dispatcher
from app.wsgi.forward_auth import ForwardAuth


def test_the_same_answers_stand_under_api_v1(alice, app):
    assert alice.http.get("/api/v1/orgs").get_json() == alice.http.get("/v1/orgs").get_json()
    key = alice.create_key()["key"]
    client = app.test_client()
    assert client.get("/api/v1/me", headers={"x-api-key": key}).status_code == 200
    assert client.get("/api/v1x").status_code == 404


@pytest.fixture
def reaches_flask(runtime):
    """What Flask is given of a request; None when forward-auth has answered it."""

    def reaches_flask(path, trusted_hops=0, **environ):
        given = []
        settings = replace(runtime.settings, trusted_hops=trusted_hops)
        dispatcher = Dispatcher(lambda environ, _: given.append(environ) or [], ForwardAuth(runtime), settings)
        dispatcher(EnvironBuilder().get_environ() | {"PATH_INFO": path} | environ, lambda *_: None)
        return given[0] if given else None

    return reaches_flask


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/me", "/v1/me"),
        ("/api/v1", "/v1"),
        ("/api/v1/", "/v1/"),
        ("/api/v1/me", "/v1/me"),
        ("/api/v1/api/v1", "/v1/api/v1"),
        ("/api/v1x", "/api/v1x"),
        ("/api/v2/me", "/api/v2/me"),
        ("//api/v1/me", "//api/v1/me"),
        ("/v1/forward-authority", "/v1/forward-authority"),
    ],
)
def test_v1_has_two_spellings_and_nothing_else_has(reaches_flask, path, expected):
    assert reaches_flask(path)["PATH_INFO"] == expected


@pytest.mark.parametrize("path", ["/v1/forward-auth", "/v1/forward-auth/", "/v1/forward-auth/v1/notes"])
def test_forward_auth_is_answered_before_flask_in_both_spellings(reaches_flask, path):
    for prefix in ("", "/api"):
        assert reaches_flask(prefix + path) is None


@pytest.mark.parametrize(
    ("trusted_hops", "address"), [(0, "192.0.2.1"), (1, "203.0.113.7"), (2, "198.51.100.1"), (3, None)]
)
def test_the_client_is_whom_trusted_proxies_name_and_the_peer_is_kept(reaches_flask, trusted_hops, address):
    forwarded = {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "198.51.100.1, 203.0.113.7"}
    given = reaches_flask("/", trusted_hops, **forwarded)
    assert (given["REMOTE_ADDR"], given["keydesk.peer"]) == (address, "192.0.2.1")


def test_a_peer_without_an_address_is_nobody(reaches_flask):
    given = reaches_flask("/", REMOTE_ADDR=None)
    assert (given["REMOTE_ADDR"], given["keydesk.peer"]) == (None, "")


def test_the_first_forwarded_request_that_no_setting_expects_is_in_the_log_once(runtime, caplog):
    def warnings_of(trusted_hops, **environ):
        caplog.clear()
        settings = replace(runtime.settings, trusted_hops=trusted_hops)
        dispatcher = Dispatcher(lambda *_: [], ForwardAuth(runtime), settings)
        for path in ("/", "/v1/forward-auth", "/v1/me"):
            dispatcher(EnvironBuilder().get_environ() | {"PATH_INFO": path} | environ, lambda *_: None)
        return [record.getMessage() for record in caplog.records]

    (warning,) = warnings_of(0, HTTP_X_FORWARDED_FOR="")
    assert "Set TRUSTED_HOPS to the number of your proxies" in warning
    assert warnings_of(1, HTTP_X_FORWARDED_FOR="203.0.113.7") == []
    assert warnings_of(0) == []
