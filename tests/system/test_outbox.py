"""A mail that was promised is sent: later, when the mail server or Keydesk itself was down meanwhile."""

import pytest

from tests.servers import serving
from tests.system import post_office
from tests.system.visitors import Visitor, query


def ask(server, email="alice@example.com"):
    with Visitor(server) as visitor:
        assert visitor.http.post(f"{server.url}/v1/auth/request", json={"email": email}).status_code == 200


@pytest.mark.databases("postgresql")
def test_a_mail_whose_server_is_killed_before_sending_is_sent_by_the_next_one(database, tmp_path):
    with post_office.open_office() as (office, port):
        with serving(database, tmp_path, **post_office.settings(port)) as server:
            ask(server)
            server.kill()
        with serving(database, tmp_path, **post_office.settings(port)):
            office.mails_to("alice@example.com")
        assert 1 <= len(office.mails) <= 2


def test_a_server_killed_while_sending_sends_one_extra_at_most(database, tmp_path):
    with post_office.open_office() as (office, port):
        office.falls_silent = True
        with serving(database, tmp_path, **post_office.settings(port)) as server:
            ask(server)
            assert office.holds_a_mail.wait(20)
            server.kill()
        office.falls_silent = False
        (pending,) = query(database, "SELECT attempts, sent_at, due_at > created_at FROM outbox_mail")
        assert pending == (1, None, True)
        # Half a minute passes.
        query(database, "UPDATE outbox_mail SET due_at = created_at")
        with serving(database, tmp_path, **post_office.settings(port)) as server:
            office.mails_to("alice@example.com", 2)
        assert len(office.mails) == 2
        assert {message["Subject"] for _, message in office.mails} == {"Your Keydesk sign-in link"}
        assert query(database, "SELECT due_at, secret_id FROM outbox_mail") == [(None, None)]


def test_a_mail_server_that_hangs_does_not_hold_requests_or_a_stop(database, tmp_path):
    with post_office.open_office() as (office, port):
        office.falls_silent = True
        with serving(database, tmp_path, **post_office.settings(port)) as server:
            ask(server)
            assert office.holds_a_mail.wait(20)
            ask(server, "bob@example.com")
            assert server.stop() == 0
