"""A notice is sent once, although the server is killed between queuing and sending it, and although two go on."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from app import create_app
from app.config import load_settings
from app.domain.key_settings import KeySettings
from app.services import keys
from tests import databases
from tests.actors import Actor
from tests.conftest import SECRET, Clock
from tests.servers import free_port, serving
from tests.system import post_office
from tests.system.visitors import query


def make_keys_of_which_one_is_due(database, folder):
    """One for today and one for tomorrow, should midnight pass meanwhile."""
    clock = Clock()
    today, clock.now = datetime.now(UTC), datetime.now(UTC) - timedelta(days=60)
    settings = load_settings({"DATABASE_URL": database, "SECRET_KEY": SECRET}, instance_path=folder)
    app = create_app(settings, clock=clock)
    with app.app_context():
        alice = Actor(app, "alice").sign_in()
        alice.org = alice.own_organization()
        for days in (7, 8):
            name, expires_at = f"In {days} days", today + timedelta(days=days)
            keys.create(app.extensions["runtime"], alice.member, KeySettings(name=name, expires_at=expires_at))
        databases.dispose()


def waiting(database):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if found := query(database, "SELECT id, attempts, sent_at FROM outbox_mail WHERE mail = 'keys_expire'"):
            return found
        time.sleep(0.02)
    raise AssertionError("nothing was queued")


def test_a_notice_whose_server_is_killed_before_sending_it_is_sent_once(database, tmp_path):
    make_keys_of_which_one_is_due(database, tmp_path)
    # Nobody takes mail yet.
    port = free_port()
    with serving(database, tmp_path, **post_office.settings(port)) as server:
        ((mail_id, _, sent_at),) = waiting(database)
        server.kill()
    assert sent_at is None
    with ExitStack() as both:
        servers = [both.enter_context(serving(database, tmp_path, **post_office.settings(port))) for _ in range(2)]
        with post_office.open_office(port) as (office, _):
            query(database, "UPDATE outbox_mail SET due_at = created_at WHERE mail = 'keys_expire'")
            (mail,) = office.mails_to("alice@example.com")
            # Time for another one.
            time.sleep(0.3)
            assert [server.stop() for server in servers] == [0, 0]
            assert len(office.mails) == 1
    assert mail["Subject"] == "A Keydesk key expires soon"
    assert mail["List-Unsubscribe"].endswith("/account/mails>")
    assert [row[0] for row in waiting(database)] == [mail_id]
