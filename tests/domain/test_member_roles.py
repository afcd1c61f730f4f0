"""The table of roles, written out."""

import pytest

from app.domain import member_roles
from app.domain.member_roles import Permission, Role

TABLE = {
    Permission.READ_KEYS: {Role.OWNER, Role.ADMIN, Role.MEMBER, Role.VIEWER},
    Permission.READ_USAGE: {Role.OWNER, Role.ADMIN, Role.MEMBER, Role.VIEWER},
    Permission.READ_AUDIT_LOG: {Role.OWNER, Role.ADMIN, Role.MEMBER},
    Permission.CREATE_KEYS: {Role.OWNER, Role.ADMIN, Role.MEMBER},
    Permission.MANAGE_OWN_KEYS: {Role.OWNER, Role.ADMIN, Role.MEMBER},
    Permission.MANAGE_ALL_KEYS: {Role.OWNER, Role.ADMIN},
    Permission.GRANT_RESERVED_SCOPES: {Role.OWNER, Role.ADMIN},
    Permission.MANAGE_KEY_POLICY: {Role.OWNER, Role.ADMIN},
    Permission.MANAGE_MEMBERS: {Role.OWNER, Role.ADMIN},
    Permission.RENAME_ORGANIZATION: {Role.OWNER, Role.ADMIN},
    Permission.MANAGE_ORGANIZATION: {Role.OWNER},
}


@pytest.mark.parametrize("permission", Permission)
def test_a_permission_belongs_to_exactly_these_roles(permission):
    assert {role for role in Role if member_roles.allows(role, permission)} == TABLE[permission]


@pytest.mark.parametrize(
    ("role", "own", "others"),
    [(Role.OWNER, True, True), (Role.ADMIN, True, True), (Role.MEMBER, True, False), (Role.VIEWER, False, False)],
)
def test_who_manages_which_keys(role, own, others):
    assert member_roles.may_manage_key(role, is_theirs=True) is own
    assert member_roles.may_manage_key(role, is_theirs=False) is others


@pytest.mark.parametrize(
    ("role", "ordinary", "reserved"),
    [(Role.OWNER, True, True), (Role.ADMIN, True, True), (Role.MEMBER, True, False), (Role.VIEWER, False, False)],
)
def test_who_grants_which_scopes(role, ordinary, reserved):
    assert member_roles.may_grant(role, frozenset({"agent:rw"})) is ordinary
    assert member_roles.may_grant(role, frozenset({"keys:verify"})) is reserved
    assert member_roles.may_grant(role, frozenset({"backend", "keys:verify"})) is reserved


@pytest.mark.parametrize(
    ("role", "manages"),
    [
        (Role.OWNER, {Role.OWNER, Role.ADMIN, Role.MEMBER, Role.VIEWER}),
        (Role.ADMIN, {Role.ADMIN, Role.MEMBER, Role.VIEWER}),
        (Role.MEMBER, set()),
        (Role.VIEWER, set()),
    ],
)
def test_nobody_gives_a_role_above_their_own_or_touches_who_has_one(role, manages):
    assert {theirs for theirs in Role if member_roles.may_manage_member(role, theirs)} == manages
