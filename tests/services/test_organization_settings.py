"""A new name for an organization."""

import pytest

from app.domain.errors import Forbidden, NotFound, ValidationFailed
from app.domain.key_settings import KeySettings
from app.domain.member_roles import Role
from app.services import (
    audit,
    key_verification,
    keys,
    operator_members,
    operator_organizations,
    organization_settings,
    organizations,
)
from app.store import organizations as store
from app.store import people
from app.store.transaction import transaction
from tests.services.audit_entries import newest
from tests.services.other_organizations import create


def test_a_new_name_is_in_the_audit_log_and_verification_tells_it_at_once(runtime, cast):
    alice = cast.alice
    key = keys.create(runtime, alice.member, KeySettings(name="CI")).plaintext.reveal()
    assert key_verification.require(runtime, key, scope=None).org_name == "alice’s organization"
    assert organization_settings.rename(runtime, cast.adam.member, "  Acme ") == "Acme"
    assert key_verification.require(runtime, key, scope=None).org_name == "Acme"
    assert newest(alice.org).details == {"changes": {"name": {"old": "alice’s organization", "new": "Acme"}}}
    assert audit.broken_at(alice.org) is None
    count = store_count(alice.org)
    organization_settings.rename(runtime, alice.member, "Acme")
    assert store_count(alice.org) == count


def store_count(org_id):
    return len(audit.page(org_id, limit=100, cursor=None).items)


@pytest.mark.parametrize("name", ["Operators", " operators", "ＯＰＥＲＡＴＯＲＳ", "", "a\nb", "x" * 101])
def test_the_operators_name_and_what_is_no_name_are_refused(runtime, alice, name):
    for attempt in (
        lambda: create(runtime, alice, name),
        lambda: organization_settings.rename(runtime, alice.member, name),
        lambda: operator_organizations.rename_organization(runtime, alice.org, name),
        lambda: operator_organizations.create_organization(runtime, name),
    ):
        with pytest.raises(ValidationFailed) as refused:
            attempt()
        assert set(refused.value.fields) == {"name"}
    assert [org.name for org in organizations.of_person(alice.person_id)] == ["alice’s organization"]


def test_the_operators_own_organization_keeps_its_name(runtime, cast):
    with transaction():
        theirs = store.operators(runtime.clock()).id
    cast.join(cast.alice, theirs, Role.OWNER)
    cast.alice.org = theirs
    with pytest.raises(Forbidden):
        organization_settings.rename(runtime, cast.alice.member, "Mine")
    with pytest.raises(Forbidden):
        operator_organizations.rename_organization(runtime, theirs, "Mine")


def test_two_organizations_may_have_one_name_so_that_no_name_betrays_another_tenant(runtime, cast):
    organization_settings.rename(runtime, cast.alice.member, "Acme")
    assert create(runtime, cast.charlie, "Acme").name == "Acme"


def test_the_role_that_somebody_has_now_decides(runtime, cast):
    adam = cast.adam.member
    operator_members.add_member(runtime, adam.org_id, adam.email, Role.MEMBER)
    with pytest.raises(Forbidden):
        organization_settings.rename(runtime, adam, "Acme")
    operator_members.remove_member(runtime, adam.org_id, adam.email)
    with pytest.raises(NotFound):
        organization_settings.rename(runtime, adam, "Acme")
    assert people.get(adam.person_id) is not None
