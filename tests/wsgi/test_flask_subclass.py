"""Our shortcuts into Flask do what Flask itself would."""

from inspect import iscoroutinefunction, unwrap
from itertools import chain

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder


@pytest.mark.parametrize(
    "asked",
    [
        {"path": "/v1/me"},
        {"path": "/v1/orgs/org_1/keys", "query_string": "limit=2&q=caf%C3%A9", "method": "POST"},
        {"path": "/naïve path/%2f//x", "base_url": "https://keys.example.com"},
        {"path": "/keys", "base_url": "http://keys.example.com:8080/below"},
        {"path": "/", "base_url": "https://[::1]:7860"},
    ],
)
def test_it_differs_from_flasks_in_the_hosts_name_only(app, asked):
    request = app.request_class(EnvironBuilder(**asked).get_environ())
    ours, flasks = vars(app.create_url_adapter(request)), vars(Flask.create_url_adapter(app, request))
    assert {name for name in ours.keys() | flasks.keys() if ours[name] != flasks[name]} <= {"server_name"}


def test_a_websocket_handshake_finds_the_routes_of_any_other_request(app):
    asked = {
        "headers": {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw=="}
    }
    assert app.test_client().get("/healthz", **asked).status_code == 200


def test_a_foreign_host_reaches_our_own_check(app):
    refused = app.test_client().get("/v1/me", headers={"Host": "evil.example"})
    assert refused.status_code == 400
    assert "TRUSTED_HOSTS" in refused.json["detail"]


def test_no_view_or_hook_is_a_coroutine(app):
    hooks = (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs)
    functions = list(
        chain(
            app.view_functions.values(),
            app.teardown_appcontext_funcs,
            *(chain.from_iterable(by_blueprint.values()) for by_blueprint in hooks),
            *(by_type.values() for by_code in app.error_handler_spec.values() for by_type in by_code.values()),
        )
    )
    assert len(functions) > len(app.view_functions)
    assert [function for function in functions if iscoroutinefunction(unwrap(function))] == []
