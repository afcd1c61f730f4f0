"""What a request is about: whether a program or a person asks, who that is, and whether they may see dev secrets."""

import pytest

from app.domain.errors import MissingCredential
from app.http import request_context


@pytest.mark.parametrize(
    ("path", "is_for_programs"),
    [
        ("/v1", True),
        ("/v1/", True),
        ("/v1/me", True),
        ("/v1/auth/request", True),
        ("/.well-known/nope", True),
        ("/healthz", True),
        ("/readyz", True),
        ("/openapi.json", True),
        ("/auth.md", True),
        ("/llms.txt", True),
        ("/v1/auth/callback", False),
        ("/v1x", False),
        ("/", False),
        ("/sign-in", False),
        ("/docs", False),
        ("/nope", False),
    ],
)
def test_the_address_says_whether_a_program_asks(app, path, is_for_programs):
    with app.test_request_context(path):
        assert request_context.wants_json() is is_for_programs


DIRECT = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost:7860", "keydesk.peer": "127.0.0.1"}


@pytest.mark.parametrize(
    "direct",
    [{}, {"keydesk.peer": "::1", "REMOTE_ADDR": "::1"}, {"HTTP_HOST": "[::1]:7860"}, {"HTTP_HOST": "a.localhost"}],
)
def test_dev_secrets_are_for_this_machine_in_dev_mode_only(app, set_settings, direct):
    with app.test_request_context("/", environ_overrides=DIRECT | direct):
        assert request_context.shows_dev_secrets()
        set_settings(mail_server="127.0.0.1")
        assert not request_context.shows_dev_secrets()


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"keydesk.peer": "203.0.113.9"},
        {"keydesk.peer": "10.0.0.1"},
        {"keydesk.peer": ""},
        {"REMOTE_ADDR": "203.0.113.9"},
        {"REMOTE_ADDR": None},
        {"HTTP_HOST": "keys.example.com"},
        {"HTTP_HOST": "localhost.example.com:7860"},
        {"HTTP_HOST": ""},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_X_FORWARDED_FOR": ""},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"HTTP_X_REAL_IP": "127.0.0.1"},
        {"HTTP_VIA": "1.1 proxy"},
    ],
)
def test_dev_secrets_are_not_for_whom_a_proxy_on_this_machine_lets_in(app, elsewhere):
    with app.test_request_context("/", environ_overrides=DIRECT | elsewhere):
        assert not request_context.shows_dev_secrets()


def test_a_client_is_counted_as_its_network(app):
    for address, counted in (("2001:db8:1:2::9", "2001:db8:1:2::/64"), ("203.0.113.7", "203.0.113.7")):
        with app.test_request_context("/", environ_overrides={"REMOTE_ADDR": address}):
            assert request_context.client() == counted


def test_without_a_session_nobody_is_signed_in(app):
    with app.test_request_context("/"), pytest.raises(MissingCredential):
        request_context.person()
