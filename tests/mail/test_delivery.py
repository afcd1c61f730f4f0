"""How mail is sent. Servers that are down, hang or are not who they say are in tests/system/test_mail_server.py."""

from datetime import UTC, datetime

import pytest

from app.domain.secret import Secret
from app.mail.delivery import deliverer, flask_mail_config, try_connection
from app.services.outbox import UNKNOWN, Letter
from tests.config.environments import PRODUCTION, load
from tests.servers import free_port
from tests.system import post_office


def test_resends_key_is_enough_and_is_its_password(tmp_path):
    settings = load(tmp_path, **(PRODUCTION | {"MAIL_SERVER": "", "RESEND_API_KEY": "re_123"}))
    assert flask_mail_config(settings) == {
        "MAIL_SERVER": "smtp.resend.com",
        "MAIL_PORT": 465,
        "MAIL_USERNAME": "resend",
        "MAIL_PASSWORD": "re_123",
        "MAIL_USE_SSL": True,
        "MAIL_USE_TLS": False,
        "MAIL_DEFAULT_SENDER": "Keydesk <keydesk@keys.example.com>",
        "MAIL_DEBUG": False,
    }


@pytest.mark.parametrize(
    ("environ", "from_the_start", "starttls"),
    [
        ({}, False, True),
        ({"MAIL_PORT": "465"}, True, False),
        ({"MAIL_USE_TLS": "false"}, False, False),
        ({"MAIL_PORT": "465", "MAIL_USE_TLS": "false"}, True, False),
    ],
)
def test_port_465_speaks_tls_from_the_start_and_others_ask_for_it(tmp_path, environ, from_the_start, starttls):
    config = flask_mail_config(load(tmp_path, **PRODUCTION, **environ))
    assert (config["MAIL_USE_SSL"], config["MAIL_USE_TLS"]) == (from_the_start, starttls)


def test_a_connection_is_tried_without_a_mail(tmp_path):
    with post_office.open_office() as (office, port):
        environ = PRODUCTION | {"MAIL_SERVER": "127.0.0.1", "MAIL_USE_TLS": "false"}
        assert try_connection(load(tmp_path, **environ, MAIL_PORT=str(port))) is None
        # It offers no TLS, and nobody to sign in as.
        assert try_connection(load(tmp_path, **(environ | {"MAIL_USE_TLS": "true"}), MAIL_PORT=str(port))) == (
            "SMTPNotSupportedError"
        )
        assert office.mails == []
    assert try_connection(load(tmp_path, **environ, MAIL_PORT=str(free_port()))) == "ConnectionRefusedError"


def test_a_message_id_is_in_the_senders_domain(app, set_settings):
    with post_office.open_office() as (office, port):
        set_settings(mail_server="127.0.0.1", mail_default_sender="Keys <keys@mail.example.com>")
        state = app.extensions["mail"]
        with app.app_context():
            before = state.server, state.port, state.use_tls
            state.server, state.port, state.use_tls = "127.0.0.1", port, False
            try:
                now = datetime(2026, 1, 1, tzinfo=UTC)
                letter = Letter("sign_in_link", "ann@example.com", Secret("x"), now, UNKNOWN, now)
                deliverer(app, app.extensions["runtime"].settings)(letter)
            finally:
                state.server, state.port, state.use_tls = before
        ((_, mail),) = office.mails
    assert mail["Message-ID"].endswith("@mail.example.com>")
