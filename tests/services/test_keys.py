"""Keys of an organization: create, list, revoke, rotate."""

import hashlib

import pytest
from sqlalchemy import text

from app.domain.errors import Forbidden, KeyAlreadyShown, KeyNotActive, NotFound, UnknownScope, ValidationFailed
from app.extensions import db
from app.services import audit, keys
from app.services.keys import KeyWish
from app.store import keys as store


def test_a_created_key_is_kept_as_its_sha256_and_its_ends_only(runtime, alice):
    issued = keys.create(runtime, alice.member, KeyWish("CI", ["cache:invalidate"]))

    row = db.session.execute(text("SELECT * FROM api_key")).mappings().one()

    assert bytes(row["digest"]) == hashlib.sha256(issued.plaintext.encode()).digest()
    assert row["start"] == issued.plaintext[:12]
    assert row["last4"] == issued.plaintext[-4:]
    assert issued.plaintext not in str(dict(row))


def test_without_scopes_a_key_gets_the_default_ones(runtime, alice):
    assert keys.create(runtime, alice.member, KeyWish("CI")).listed.key.scopes == ("agent:rw",)


def test_scopes_named_twice_are_kept_once_in_their_order(runtime, alice):
    wish = KeyWish("CI", ["notes:read", "agent:r", "notes:read"])
    assert keys.create(runtime, alice.member, wish).listed.key.scopes == ("notes:read", "agent:r")


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (KeyWish("  "), "name"),
        (KeyWish("x" * 101), "name"),
        (KeyWish("two\nlines"), "name"),
        (KeyWish("CI", []), "scopes"),
        (KeyWish("CI", expires_in_days=0), "expires_in_days"),
        (KeyWish("CI", expires_in_days=3651), "expires_in_days"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_field_and_leaves_nothing_behind(runtime, alice, wish, field):
    with pytest.raises(ValidationFailed) as refused:
        keys.create(runtime, alice.member, wish)
    assert list(refused.value.details["fields"]) == [field]
    assert store.count(alice.org) == 0


def test_an_unknown_scope_is_refused_with_the_known_ones(runtime, alice):
    with pytest.raises(UnknownScope) as refused:
        keys.create(runtime, alice.member, KeyWish("CI", ["agent:rw", "root"]))
    assert refused.value.details["unknown"] == ["root"]
    assert "cache:invalidate" in refused.value.details["known"]


def test_a_member_cannot_grant_keys_verify_and_an_admin_can(runtime, cast):
    with pytest.raises(Forbidden):
        keys.create(runtime, cast.bob.member, KeyWish("CI", ["keys:verify"]))
    assert keys.create(runtime, cast.adam.member, KeyWish("CI", ["keys:verify"]))


def test_a_viewer_cannot_create(runtime, cast):
    with pytest.raises(Forbidden):
        keys.create(runtime, cast.vera.member, KeyWish("CI", ["agent:r"]))


def test_the_same_form_sent_twice_makes_one_key(runtime, alice):
    first = keys.create(runtime, alice.member, KeyWish("CI", submission_id="form-1"))
    with pytest.raises(KeyAlreadyShown) as refused:
        keys.create(runtime, alice.member, KeyWish("CI", submission_id="form-1"))
    assert refused.value.details["key_id"] == first.listed.key.id
    assert store.count(alice.org) == 1


def test_revoking_twice_changes_nothing_and_is_recorded_once(runtime, alice, clock):
    key_id = keys.create(runtime, alice.member, KeyWish("CI")).listed.key.id
    first = keys.revoke(runtime, alice.member, key_id).key.revoked_at
    clock.advance(hours=1)
    assert keys.revoke(runtime, alice.member, key_id).key.revoked_at == first
    actions = [entry.action for entry in audit.page(alice.org, limit=50, cursor=None).items]
    assert actions.count("key.revoked") == 1


def test_a_member_manages_only_their_own_keys(runtime, cast):
    bobs = keys.create(runtime, cast.bob.member, KeyWish("Bob's")).listed.key.id
    alices = keys.create(runtime, cast.alice.member, KeyWish("Alice's")).listed.key.id
    assert keys.revoke(runtime, cast.bob.member, bobs).key.revoked_at
    with pytest.raises(Forbidden):
        keys.revoke(runtime, cast.bob.member, alices)
    assert keys.get(cast.alice.member, alices).key.revoked_at is None


def test_another_organizations_key_is_not_there(runtime, cast):
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    key_id = keys.create(runtime, cast.alice.member, KeyWish("CI")).listed.key.id
    for act in (keys.revoke, keys.rotate):
        with pytest.raises(NotFound):
            act(runtime, charlie.member, key_id)


def test_a_rotated_key_has_a_successor_with_the_same_name_scopes_and_expiry(runtime, alice):
    old = keys.create(runtime, alice.member, KeyWish("CI", ["notes:read"], expires_in_days=30)).listed.key
    key = keys.rotate(runtime, alice.member, old.id).listed.key
    assert (key.name, key.scopes, key.expires_at) == ("CI", ("notes:read",), old.expires_at)
    assert key.rotated_from == old.id
    assert keys.get(alice.member, old.id).key.revoked_at is not None


def test_an_overlap_ends_the_old_key_later_but_never_later_than_it_would_have(runtime, alice, clock):
    never = keys.create(runtime, alice.member, KeyWish("Never ends")).listed.key
    soon = keys.create(runtime, alice.member, KeyWish("Ends tomorrow", expires_in_days=1)).listed.key
    keys.rotate(runtime, alice.member, never.id, overlap_seconds=3600)
    keys.rotate(runtime, alice.member, soon.id, overlap_seconds=7 * 86400)
    assert (keys.get(alice.member, never.id).key.expires_at - clock.now).total_seconds() == 3600
    assert (keys.get(alice.member, soon.id).key.expires_at - clock.now).total_seconds() == 86400


def test_a_dead_key_cannot_be_rotated(runtime, alice, clock):
    revoked = keys.create(runtime, alice.member, KeyWish("CI")).listed.key.id
    expired = keys.create(runtime, alice.member, KeyWish("CI", expires_in_days=1)).listed.key.id
    keys.revoke(runtime, alice.member, revoked)
    clock.advance(days=2)
    for key_id in (revoked, expired):
        with pytest.raises(KeyNotActive):
            keys.rotate(runtime, alice.member, key_id)


@pytest.mark.parametrize("seconds", [-1, 2_592_001])
def test_an_overlap_outside_its_bounds_is_refused(runtime, alice, seconds):
    key_id = keys.create(runtime, alice.member, KeyWish("CI")).listed.key.id
    with pytest.raises(ValidationFailed):
        keys.rotate(runtime, alice.member, key_id, overlap_seconds=seconds)


def test_pages_follow_each_other_without_gaps_even_for_keys_of_the_same_moment(runtime, alice):
    made = {keys.create(runtime, alice.member, KeyWish(f"Key {n}")).listed.key.id for n in range(7)}
    seen, cursor = [], None
    while True:
        page = keys.page(alice.member, limit=3, cursor=cursor)
        seen += [listed.key.id for listed in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == 7
    assert set(seen) == made


def test_a_change_and_its_audit_entry_are_one_transaction(runtime, alice, monkeypatch):
    def fails(*_args, **_values):
        raise RuntimeError("no audit today")

    monkeypatch.setattr("app.store.audit.append", fails)
    with pytest.raises(RuntimeError, match="no audit"):
        keys.create(runtime, alice.member, KeyWish("CI"))
    assert store.count(alice.org) == 0
