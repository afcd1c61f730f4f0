"""Keys of an organization: create, list, revoke."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from app.domain.errors import Forbidden, KeyAlreadyShown, NotFound, UnknownScope, ValidationFailed
from app.domain.key_settings import KeySettings
from app.domain.route_policy import parse_policy
from app.extensions import db
from app.services import audit, key_list, key_revocation, key_rotation, keys, operator_keys
from app.services.key_list import KeyFilter
from tests.services import issued_keys


def test_a_created_key_is_kept_as_its_sha256_and_its_ends_only(runtime, alice):
    issued = keys.create(runtime, alice.member, KeySettings(name="CI", scopes=["cache:invalidate"]))

    row = db.session.execute(text("SELECT * FROM api_key")).mappings().one()

    assert bytes(row["digest"]) == hashlib.sha256(issued.plaintext.reveal().encode()).digest()
    assert row["start"] == issued.plaintext.reveal()[:12]
    assert row["last4"] == issued.plaintext.reveal()[-4:]
    assert issued.plaintext.reveal() not in str(dict(row))


def test_without_scopes_a_key_gets_the_default_ones(runtime, alice):
    assert keys.create(runtime, alice.member, KeySettings(name="CI")).listed.key.scopes == ("agent:rw",)


def test_scopes_named_twice_are_kept_once_in_their_order(runtime, alice):
    wanted = KeySettings(name="CI", scopes=["notes:read", "agent:r", "notes:read"])
    assert keys.create(runtime, alice.member, wanted).listed.key.scopes == ("notes:read", "agent:r")


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (KeySettings(name="  "), "name"),
        (KeySettings(name="x" * 101), "name"),
        (KeySettings(name="two\nlines"), "name"),
        (KeySettings(name="CI", scopes=[]), "scopes"),
        (KeySettings(name="CI", expires_at=datetime(2026, 4, 16, 12, tzinfo=UTC)), "expires_at"),
        (KeySettings(name="CI", expires_at=datetime(2037, 1, 1, tzinfo=UTC)), "expires_at"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_field_and_leaves_nothing_behind(runtime, alice, wanted, field):
    with pytest.raises(ValidationFailed) as refused:
        keys.create(runtime, alice.member, wanted)
    assert list(refused.value.details["fields"]) == [field]
    assert issued_keys.count(alice.org) == 0


def test_an_unknown_scope_is_refused_with_the_known_ones(runtime, alice):
    with pytest.raises(UnknownScope) as refused:
        keys.create(runtime, alice.member, KeySettings(name="CI", scopes=["agent:rw", "root"]))
    assert refused.value.details["unknown"] == ["root"]
    assert "cache:invalidate" in refused.value.details["known"]


def test_a_member_cannot_grant_keys_verify_and_an_admin_can(runtime, cast):
    with pytest.raises(Forbidden):
        keys.create(runtime, cast.bob.member, KeySettings(name="CI", scopes=["keys:verify"]))
    assert keys.create(runtime, cast.adam.member, KeySettings(name="CI", scopes=["keys:verify"]))


def test_a_viewer_cannot_create(runtime, cast):
    with pytest.raises(Forbidden):
        keys.create(runtime, cast.vera.member, KeySettings(name="CI", scopes=["agent:r"]))


def test_the_same_form_sent_twice_makes_one_key(runtime, alice):
    first = keys.create(runtime, alice.member, KeySettings(name="CI"), submission_id="form-1")
    with pytest.raises(KeyAlreadyShown) as refused:
        keys.create(runtime, alice.member, KeySettings(name="CI"), submission_id="form-1")
    assert refused.value.details["key_id"] == first.listed.key.id
    assert issued_keys.count(alice.org) == 1


def test_revoking_twice_changes_nothing_and_is_recorded_once(runtime, alice, clock):
    key_id = keys.create(runtime, alice.member, KeySettings(name="CI")).listed.key.id
    first = key_revocation.revoke(runtime, alice.member, key_id).key.revoked_at
    clock.advance(hours=1)
    assert key_revocation.revoke(runtime, alice.member, key_id).key.revoked_at == first
    actions = [entry.action for entry in audit.page(alice.org, limit=50, cursor=None).items]
    assert actions.count("key.revoked") == 1


def test_a_member_manages_only_their_own_keys(runtime, cast):
    bobs = keys.create(runtime, cast.bob.member, KeySettings(name="Bob's")).listed.key.id
    alices = keys.create(runtime, cast.alice.member, KeySettings(name="Alice's")).listed.key.id
    assert key_revocation.revoke(runtime, cast.bob.member, bobs).key.revoked_at
    with pytest.raises(Forbidden):
        key_revocation.revoke(runtime, cast.bob.member, alices)
    assert keys.get(cast.alice.member, alices).key.revoked_at is None


def test_another_organizations_key_is_not_there(runtime, cast):
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    key_id = keys.create(runtime, cast.alice.member, KeySettings(name="CI")).listed.key.id
    for act in (key_revocation.revoke, key_rotation.rotate):
        with pytest.raises(NotFound):
            act(runtime, charlie.member, key_id)


def test_pages_follow_each_other_without_gaps_even_for_keys_of_the_same_moment(runtime, alice):
    made = {keys.create(runtime, alice.member, KeySettings(name=f"Key {n}")).listed.key.id for n in range(7)}
    seen, cursor = [], None
    while True:
        page = key_list.page(runtime, alice.member, KeyFilter(), sort="created", limit=3, cursor=cursor)
        seen += [listed.key.id for listed in page.items]
        cursor = page.older
        if cursor is None:
            break
    assert len(seen) == 7
    assert set(seen) == made


def test_a_change_and_its_audit_entry_are_one_transaction(runtime, alice, monkeypatch):
    def fails(*_args, **_values):
        raise RuntimeError("no audit today")

    monkeypatch.setattr("app.store.audit.append", fails)
    with pytest.raises(RuntimeError, match="no audit"):
        keys.create(runtime, alice.member, KeySettings(name="CI"))
    assert issued_keys.count(alice.org) == 0


def test_a_scope_for_operators_is_given_by_the_command_line_only(runtime, alice):
    scopes = {
        "secret": {"description": "For operators", "operators_only": True},
        "outer": {"description": "Grants it", "grants": ["secret"]},
        "plain": {"description": "For all"},
    }
    policy = parse_policy({"default_scopes": ["plain"], "scopes": scopes})
    runtime = replace(runtime, settings=replace(runtime.settings, policy=policy))
    for scope in ("secret", "outer"):
        wanted = KeySettings(name="CI", scopes=[scope])
        with pytest.raises(Forbidden, match="operator"):
            keys.create(runtime, alice.member, wanted)
        assert operator_keys.create_key(runtime, wanted).listed.key.scopes == (scope,)
    assert keys.create(runtime, alice.member, KeySettings(name="CI")).listed.key.scopes == ("plain",)


def test_a_member_gives_no_scope_that_merely_grants_a_reserved_one(runtime, cast):
    scopes = {
        "keys:verify": {"description": "Reserved"},
        "outer": {"description": "Grants it", "grants": ["middle"]},
        "middle": {"description": "Grants it, too", "grants": ["keys:verify"]},
        "plain": {"description": "For all"},
    }
    policy = parse_policy({"default_scopes": ["plain"], "scopes": scopes})
    runtime = replace(runtime, settings=replace(runtime.settings, policy=policy))
    for scope in ("keys:verify", "middle", "outer"):
        wanted = KeySettings(name="CI", scopes=["plain", scope])
        with pytest.raises(Forbidden):
            keys.create(runtime, cast.bob.member, wanted)
        assert keys.create(runtime, cast.alice.member, wanted).listed.key.scopes == ("plain", scope)
    assert keys.create(runtime, cast.bob.member, KeySettings(name="CI")).listed.key.scopes == ("plain",)
