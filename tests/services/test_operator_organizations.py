"""What operators do offline with organizations and their members."""

import pytest

from app.domain.errors import KeyDisabled, KeyRevoked, NotFound
from app.domain.key_settings import KeySettings
from app.domain.roles import Permission, Role
from app.services import audit, key_verification, keys, operator_keys, operator_organizations, organizations, sessions


def works(runtime, key):
    try:
        return key_verification.require(runtime, key, scope=None) is not None
    except KeyDisabled:
        return False


def test_disabling_an_organization_stops_its_keys_and_enabling_starts_them(runtime, alice):
    key = operator_keys.create_key(runtime, KeySettings()).plaintext.reveal()
    operator_organizations.set_organization_disabled(runtime, alice.org, disabled=True)
    assert not works(runtime, key)
    operator_organizations.set_organization_disabled(runtime, alice.org, disabled=False)
    assert works(runtime, key)
    actions = [entry.action for entry in audit.page(alice.org, limit=2, cursor=None).items]
    assert actions == ["organization.enabled", "organization.disabled"]


def test_members_are_added_changed_and_removed(runtime, alice):
    operator_organizations.add_member(runtime, alice.org, "Dora@example.com", Role.VIEWER)
    operator_organizations.add_member(runtime, alice.org, "dora@example.com", Role.ADMIN)
    assert [(row.email, row.role) for row in operator_organizations.members(alice.org)] == [
        ("alice@example.com", "owner"),
        ("dora@example.com", "admin"),
    ]
    operator_organizations.remove_member(runtime, alice.org, "dora@example.com")
    assert len(operator_organizations.members(alice.org)) == 1
    with pytest.raises(NotFound):
        operator_organizations.remove_member(runtime, alice.org, "dora@example.com")


@pytest.mark.parametrize("revoke", [False, True])
def test_a_removed_members_own_active_keys_are_kept_or_revoked(runtime, cast, revoke):
    alice, bob = cast.alice, cast.bob
    elsewhere = operator_organizations.create_organization(runtime, "Elsewhere").id
    operator_organizations.add_member(runtime, elsewhere, bob.email, Role.OWNER)
    bob_elsewhere = organizations.member(bob.member.person_id, bob.email, elsewhere, Permission.CREATE_KEYS)
    theirs = keys.create(runtime, bob.member, KeySettings(name="Bob's"))
    dead = keys.create(runtime, bob.member, KeySettings(name="Dead"))
    keys.revoke(runtime, bob.member, dead.listed.key.id)
    others = [
        keys.create(runtime, alice.member, KeySettings(name="Alice's")),
        keys.create(runtime, bob_elsewhere, KeySettings(name="Bob's elsewhere")),
    ]
    assert [key.name for key in operator_organizations.keys_created_by(runtime, alice.org, bob.email)] == ["Bob's"]
    left = operator_organizations.remove_member(runtime, alice.org, bob.email, revoke_keys=revoke)
    assert [key.name for key in left] == ["Bob's"]
    assert (left[0].revoked_at is not None) is revoke
    if revoke:
        with pytest.raises(KeyRevoked):
            key_verification.require(runtime, theirs.plaintext.reveal(), scope=None)
    else:
        assert works(runtime, theirs.plaintext.reveal())
    assert all(works(runtime, other.plaintext.reveal()) for other in others)
    actions = [entry.action for entry in audit.page(alice.org, limit=2, cursor=None).items]
    assert (actions == ["key.revoked", "member.removed"]) is revoke
    with pytest.raises(NotFound):
        operator_organizations.keys_created_by(runtime, alice.org, bob.email)


def test_disabling_a_person_ends_their_sessions(runtime, alice):
    token = alice.http.get_cookie("whs_session").value
    operator_organizations.set_person_disabled(runtime, alice.email, disabled=True)
    assert sessions.resume(runtime, token) is None
    with pytest.raises(NotFound):
        operator_organizations.set_person_disabled(runtime, "nobody@example.com", disabled=True)


def test_an_organization_is_made(runtime):
    made = operator_organizations.create_organization(runtime, "Acme")
    assert [org.id for org in operator_organizations.all_organizations()] == [made.id]
    assert audit.broken_at(made.id) is None
