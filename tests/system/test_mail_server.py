"""Mail servers that are down, late or not who they say they are. The sender is called by hand, with a clock of ours."""

from dataclasses import replace

import pytest

from app.mail import deliverer
from app.services import outbox, sign_in
from tests.servers import free_port
from tests.system import post_office
from tests.system.visitors import query


@pytest.fixture
def mail_port():
    return free_port()


@pytest.fixture
def settings(settings, mail_port, request):
    """Tests with a certificate want TLS."""
    tls = "certificate" in request.fixturenames
    return replace(settings, mail_server="127.0.0.1", mail_port=mail_port, mail_use_tls=tls)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return post_office.self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def send_next(app, runtime):
    def send_next():
        with app.app_context():
            return outbox.send_next(runtime, deliverer(app, runtime.settings))

    return send_next


@pytest.fixture
def ask(app, runtime):
    def ask(email="alice@example.com"):
        with app.app_context():
            return sign_in.request_link(runtime, email=email, client="203.0.113.1").token.reveal()

    return ask


def last_error(database):
    return query(database, "SELECT last_error FROM outbox_mail")[0][0]


@pytest.mark.databases("sqlite", "postgresql")
def test_with_the_mail_server_down_the_mail_arrives_by_retry(ask, send_next, clock, database, mail_port):
    token = ask()
    assert send_next()
    assert query(database, "SELECT attempts, last_error FROM outbox_mail") == [(1, "ConnectionRefusedError")]
    with post_office.open_office(mail_port) as (office, _):
        clock.advance(seconds=29)
        assert not send_next()
        clock.advance(seconds=1)
        assert send_next()
        assert not send_next()
        ((recipients, message),) = office.mails
    assert recipients == ["alice@example.com"]
    assert token in message.get_body(("plain",)).get_content()


def test_mails_that_became_too_old_hold_no_later_one_back(ask, send_next, clock, mail_port):
    for number in range(5):
        ask(f"early{number}@example.com")
    clock.advance(seconds=901)
    ask("late@example.com")
    with post_office.open_office(mail_port) as (office, _):
        assert send_next()
        assert [recipients for recipients, _ in office.mails] == [["late@example.com"]]


def test_a_mail_that_was_taken_is_sent_once_even_if_the_server_hangs_up_after_it(ask, send_next, mail_port, database):
    ask()
    with post_office.open_office(mail_port) as (office, _):
        office.hangs_up = True
        assert send_next()
        assert len(office.mails) == 1
    assert query(database, "SELECT last_error, due_at FROM outbox_mail") == [(None, None)]


def test_an_untrusted_certificate_is_refused(ask, send_next, database, mail_port, certificate):
    ask()
    with post_office.open_office(mail_port, certificate=certificate) as (office, _):
        assert send_next()
        assert office.mails == []
    assert last_error(database) == "SSLCertVerificationError"


def test_a_certificate_that_the_system_trusts_is_accepted(ask, send_next, mail_port, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    ask()
    with post_office.open_office(mail_port, certificate=certificate) as (office, _):
        assert send_next()
        assert len(office.mails) == 1


def test_a_trusted_certificate_of_another_host_is_refused(
    app, ask, send_next, database, mail_port, certificate, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    app.extensions["mail"].server = "127.0.0.2"
    ask()
    with post_office.open_office(mail_port, certificate=certificate, host="127.0.0.2") as (office, _):
        assert send_next()
        assert office.mails == []
    assert last_error(database) == "SSLCertVerificationError"


def test_a_server_that_offers_no_tls_gets_nothing_when_tls_is_wanted(ask, send_next, database, mail_port, certificate):
    ask()
    with post_office.open_office(mail_port) as (office, _):
        assert send_next()
        assert office.mails == []
    assert last_error(database) == "SMTPNotSupportedError"


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize(
    ("said_to", "answer", "kind"),
    [
        ("answers_recipients", "550 5.1.1 <alice@example.com> is unknown", "SMTPRecipientsRefused 550"),
        ("answers_texts", "554 5.7.1 alice@example.com wants no such text", "SMTPDataError 554"),
    ],
)
def test_a_mail_that_was_refused_for_good_is_not_tried_again(
    ask, send_next, clock, database, mail_port, caplog, said_to, answer, kind
):
    ask()
    with post_office.open_office(mail_port) as (office, _):
        setattr(office, said_to, answer)
        assert send_next()
        clock.advance(seconds=600)
        assert not send_next()
    row = query(database, "SELECT attempts, last_error, due_at, secret_id, sent_at FROM outbox_mail")
    assert row == [(1, kind, None, None, None)]
    assert [record.getMessage() for record in caplog.records] == [
        f"mail sign_in_link was not sent: {kind}; it is not tried again"
    ]


@pytest.mark.parametrize("said_to", ["answers_recipients", "answers_texts"])
def test_a_mail_that_was_put_off_is_tried_again_and_each_failure_is_one_line(
    ask, send_next, clock, mail_port, caplog, said_to
):
    ask()
    with post_office.open_office(mail_port) as (office, _):
        setattr(office, said_to, "451 4.7.1 alice@example.com is greylisted")
        assert send_next()
        setattr(office, said_to, None)
        clock.advance(seconds=30)
        assert send_next()
        assert len(office.mails) == 1
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.endswith(" 451; next attempt: 2026-04-16T12:00:30Z")
    assert "alice" not in line
