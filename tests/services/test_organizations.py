"""Organizations as their members see them."""

from threading import Event, Thread

import pytest

from app.domain.errors import Forbidden, NotFound
from app.domain.key_origin import KeyOrigin
from app.domain.key_settings import KeySettings
from app.domain.member_roles import Permission, Role
from app.services import (
    device_grants,
    key_revocation,
    key_rotation,
    key_settings,
    keys,
    operator_members,
    organizations,
)
from app.store.transaction import transaction
from tests.services import issued_keys


def as_member(actor, permission, org=None):
    return organizations.member(actor.person_id, actor.email, org or actor.org, permission)


def test_a_member_is_known_with_organization_and_role(cast):
    member = as_member(cast.bob, Permission.CREATE_KEYS)
    assert (member.org_id, member.org_name, member.role.value) == (cast.alice.org, "alice’s organization", "member")


def test_a_member_whose_role_does_not_allow_it_is_told_so(cast):
    with pytest.raises(Forbidden):
        as_member(cast.vera, Permission.CREATE_KEYS)


def test_an_outsider_cannot_tell_a_foreign_organization_from_none(cast):
    for org in (cast.alice.org, "org_none", ""):
        with pytest.raises(NotFound):
            as_member(cast.charlie, Permission.READ_KEYS, org)


def test_organizations_are_listed_in_the_order_of_joining(cast, clock):
    charlie = cast.charlie
    own = charlie.own_organization()
    clock.advance(seconds=1)
    cast.join(charlie, cast.alice.org)
    assert [organization.id for organization in organizations.of_person(charlie.person_id)] == [own, cast.alice.org]


def writes_as(runtime, member, key_id):
    """Everything that a member can have under way, by name."""
    device = device_grants.authorize(
        runtime, client_name="A program", scopes=[], address="192.0.2.1", client="a client"
    )
    code = device.user_code.reveal()
    return {
        "create": lambda: keys.create(runtime, member, KeySettings(name="Late")),
        "rotate": lambda: key_rotation.rotate(runtime, member, key_id),
        "change": lambda: key_settings.change(runtime, member, key_id, KeySettings(name="Late")),
        "revoke": lambda: key_revocation.revoke(runtime, member, key_id),
        "approve": lambda: device_grants.approve(runtime, member, code, ["agent:rw"], client="a client"),
    }


@pytest.mark.parametrize("what", ["create", "rotate", "change", "revoke", "approve"])
@pytest.mark.parametrize("gone", ["removed", "disabled"])
def test_a_request_under_way_does_nothing_once_its_person_is_removed_or_disabled(runtime, cast, what, gone):
    bob = cast.bob
    key = keys.create(runtime, bob.member, KeySettings(name="Early")).listed.key
    write = writes_as(runtime, bob.member, key.id)[what]
    if gone == "removed":
        operator_members.remove_member(runtime, bob.org, bob.email)
    else:
        operator_members.set_person_disabled(runtime, bob.email, disabled=True)
    with pytest.raises(NotFound):
        write()
    found = keys.get(cast.alice.member, key.id).key
    assert (found.name, found.revoked_at, issued_keys.count(bob.org)) == ("Early", None, 1)


@pytest.mark.parametrize("what", ["create", "rotate", "change", "revoke", "approve"])
def test_a_request_under_way_has_the_role_that_its_person_has_now(runtime, cast, what):
    bob = cast.bob
    key = keys.create(runtime, bob.member, KeySettings(name="Early")).listed.key
    write = writes_as(runtime, bob.member, key.id)[what]
    operator_members.add_member(runtime, bob.org, bob.email, Role.VIEWER)
    with pytest.raises(Forbidden):
        write()
    assert issued_keys.count(bob.org) == 1


def test_a_member_is_removed_only_after_what_they_have_begun_to_write(app, runtime, cast):
    bob, removed = cast.bob, Event()
    member = bob.member

    def remove():
        with app.app_context():
            operator_members.remove_member(runtime, member.org_id, member.email)
        removed.set()

    with transaction():
        organizations.still_member(member)
        remover = Thread(target=remove)
        remover.start()
        assert not removed.wait(0.5)
    remover.join(10)
    assert removed.is_set()


def test_a_key_that_was_being_created_when_its_person_was_removed_is_revoked_with_the_others(app, runtime, cast):
    bob, revoked = cast.bob, []
    member = bob.member

    def remove():
        with app.app_context():
            revoked.extend(operator_members.remove_member(runtime, member.org_id, member.email, revoke_keys=True))

    with transaction():
        organizations.still_member(member)
        remover = Thread(target=remove)
        remover.start()
        remover.join(0.5)
        late = keys.create_within(
            runtime, member, KeySettings(name="Late"), runtime.clock(), origin=KeyOrigin.DASHBOARD
        )
    remover.join(10)
    assert [key.id for key in revoked] == [late.listed.key.id]
    assert keys.get(cast.alice.member, late.listed.key.id).key.revoked_at is not None
