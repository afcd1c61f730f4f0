"""What operators do offline with organizations."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from app.domain.errors import NotFound
from app.domain.key_settings import KeySettings
from app.domain.member_roles import Role
from app.extensions import db
from app.services import (
    audit,
    members,
    operator_keys,
    operator_members,
    operator_organizations,
)
from app.store import organization_deletion
from app.store.transaction import transaction
from tests.services.issued_keys import works


def test_disabling_an_organization_stops_its_keys_and_enabling_starts_them(runtime, alice):
    key = operator_keys.create_key(runtime, KeySettings()).plaintext.reveal()
    operator_organizations.set_organization_disabled(runtime, alice.org, disabled=True)
    assert not works(runtime, key)
    operator_organizations.set_organization_disabled(runtime, alice.org, disabled=False)
    assert works(runtime, key)
    actions = [entry.action for entry in audit.page(alice.org, limit=2, cursor=None).items]
    assert actions == ["organization.enabled", "organization.disabled"]


DONE_TO_ONE = {
    "add": lambda runtime, org: operator_members.add_member(runtime, org, "dora@example.com", Role.OWNER),
    "set-role": lambda runtime, org: operator_members.set_role(runtime, org, "bob@example.com", Role.ADMIN),
    "remove": lambda runtime, org: operator_members.remove_member(runtime, org, "bob@example.com"),
    "rename": lambda runtime, org: operator_organizations.rename_organization(runtime, org, "Acme"),
    "enable": lambda runtime, org: operator_organizations.set_organization_disabled(runtime, org, disabled=False),
    "create": lambda runtime, org: operator_keys.create_key(runtime, KeySettings(), org=org),
}


@pytest.mark.parametrize("done", DONE_TO_ONE)
def test_nothing_is_done_to_an_organization_that_was_deleted_while_the_command_waited(app, runtime, cast, clock, done):
    org, entries = cast.bob.org, len(audit.page(cast.bob.org, limit=99, cursor=None).items)

    def act():
        with app.app_context():
            DONE_TO_ONE[done](runtime, org)

    with ThreadPoolExecutor(1) as pool:
        with transaction():
            # As `organization_deletion.delete` does.
            members.take_turn(org)
            found = organization_deletion.locked(org)
            found.deleted_at = found.disabled_at = clock.now
            waiting = pool.submit(act)
            until_somebody_waits()
        with pytest.raises(NotFound, match="was deleted"):
            waiting.result(20)
    assert len(audit.page(org, limit=99, cursor=None).items) == entries


def until_somebody_waits():
    """On SQLite whoever writes waits before they read anything, so it does not matter when."""
    ends = time.monotonic() + 10
    while db.engine.dialect.name == "postgresql" and not _waiting():
        assert time.monotonic() < ends
        time.sleep(0.01)


def _waiting():
    with db.engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one() > 0


def test_an_organization_is_made(runtime):
    made = operator_organizations.create_organization(runtime, "Acme")
    assert [org.id for org in operator_organizations.all_organizations(runtime)] == [made.id]
    assert audit.broken_at(made.id) is None
