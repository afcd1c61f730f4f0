"""The audit log: in the transaction of the change, chained, and proof against tampering."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from app.domain.key_settings import KeySettings
from app.extensions import db
from app.services import audit, key_revocation, key_rotation, keys


def test_every_change_of_a_key_has_its_entry(runtime, alice):
    issued = keys.create(runtime, alice.member, KeySettings(name="CI"))
    successor = key_rotation.rotate(runtime, alice.member, issued.listed.key.id)
    key_revocation.revoke(runtime, alice.member, successor.listed.key.id)
    entries = audit.page(alice.org, limit=3, cursor=None).items
    assert [(entry.action, entry.actor, entry.target) for entry in entries] == [
        ("key.revoked", "alice@example.com", successor.listed.key.id),
        ("key.rotated", "alice@example.com", issued.listed.key.id),
        ("key.created", "alice@example.com", issued.listed.key.id),
    ]
    assert entries[1].details["successor"] == successor.listed.key.id


def test_no_entry_holds_a_plaintext(runtime, alice):
    issued = keys.create(runtime, alice.member, KeySettings(name="CI"))
    for entry in audit.page(alice.org, limit=50, cursor=None).items:
        assert issued.plaintext.reveal() not in entry.details_json


def test_the_chain_is_whole_after_parallel_changes(app, runtime, alice):
    member = alice.member

    def create(number):
        with app.app_context():
            keys.create(runtime, member, KeySettings(name=f"Key {number}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(create, range(24)))
    db.session.close()
    assert audit.broken_at(alice.org) is None
    assert len(audit.page(alice.org, limit=100, cursor=None).items) == 24 + 2


@pytest.mark.parametrize(
    ("tampering", "shows_at"),
    [
        ("UPDATE audit_entry SET actor = 'nobody' WHERE sequence = 2", 2),
        ("UPDATE audit_entry SET details_json = '{}' WHERE sequence = 3", 3),
        ("UPDATE audit_entry SET id = 'aud_forged' WHERE sequence = 3", 3),
        ("UPDATE audit_entry SET at = at + 1 WHERE sequence = 3", 3),
        (
            """UPDATE audit_entry SET details_json = '{"name": "x", ' || substr(details_json, 2) WHERE sequence = 3""",
            3,
        ),
        ("UPDATE audit_entry SET details_json = details_json || ' ' WHERE sequence = 3", 3),
        ("UPDATE audit_entry SET details_json = 'no JSON' WHERE sequence = 3", 3),
        ("UPDATE audit_entry SET seal = substr(seal, 3) WHERE sequence = 3", 3),
        ("DELETE FROM audit_entry WHERE sequence = 2", 2),
        ("DELETE FROM audit_entry WHERE sequence = 4", 4),
    ],
)
def test_tampering_shows_where_it_is(runtime, alice, tampering, shows_at):
    keys.create(runtime, alice.member, KeySettings(name="CI"))
    keys.create(runtime, alice.member, KeySettings(name="CI"))
    assert audit.broken_at(alice.org) is None
    db.session.execute(text(tampering))
    db.session.commit()
    assert audit.broken_at(alice.org) == shows_at


def test_pages_follow_each_other(runtime, alice):
    for number in range(4):
        keys.create(runtime, alice.member, KeySettings(name=f"Key {number}"))
    first = audit.page(alice.org, limit=4, cursor=None)
    rest = audit.page(alice.org, limit=4, cursor=first.next_cursor)
    assert [entry.sequence for entry in [*first.items, *rest.items]] == [6, 5, 4, 3, 2, 1]
    assert rest.next_cursor is None
