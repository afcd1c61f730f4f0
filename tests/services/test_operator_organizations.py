"""What operators do offline with organizations and their members."""

import pytest

from app.domain.errors import KeyDisabled, NotFound
from app.domain.key_settings import KeySettings
from app.domain.roles import Role
from app.services import audit, key_verification, operator_keys, operator_organizations, sessions


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
