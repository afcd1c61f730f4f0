"""What a request is about: whether a program or a person asks, who that is, and whether they may see dev secrets."""

import pytest

from app.domain.errors import MissingCredential
from app.http import context


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
        assert context.wants_json() is is_for_programs


@pytest.mark.parametrize(
    ("peer", "is_this_machine"),
    [("127.0.0.1", True), ("::1", True), ("203.0.113.9", False), ("10.0.0.1", False), ("", False)],
)
def test_dev_secrets_are_for_this_machine_in_dev_mode_only(app, set_settings, peer, is_this_machine):
    # Whom a proxy names does not matter, nor which host was asked for.
    forged = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost", "keydesk.peer": peer}
    with app.test_request_context("/", environ_overrides=forged):
        assert context.shows_dev_secrets() is is_this_machine
        set_settings(mail_server="127.0.0.1")
        assert not context.shows_dev_secrets()


def test_a_client_is_counted_as_its_network(app):
    for address, counted in (("2001:db8:1:2::9", "2001:db8:1:2::/64"), ("203.0.113.7", "203.0.113.7")):
        with app.test_request_context("/", environ_overrides={"REMOTE_ADDR": address}):
            assert context.client() == counted


def test_without_a_session_nobody_is_signed_in(app):
    with app.test_request_context("/"), pytest.raises(MissingCredential):
        context.person()
