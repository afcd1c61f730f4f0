"""Who may do what in an organization, in one table."""

from enum import Enum, StrEnum

#: Scopes that let a key look up other people's keys: only owners and admins may give them to a key.
RESERVED_SCOPES = frozenset({"keys:verify"})


class Role(StrEnum):
    """From the highest to the lowest."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"

    @property
    def with_article(self) -> str:
        """`an owner`, `a member`."""
        return f"{'an' if self.value[0] in 'aeiou' else 'a'} {self.value}"


class Permission(Enum):
    READ_KEYS = "read keys"
    READ_USAGE = "read usage and credits"
    READ_AUDIT_LOG = "read the audit log"
    CREATE_KEYS = "create keys"
    MANAGE_OWN_KEYS = "change, revoke and rotate the keys they created"
    MANAGE_ALL_KEYS = "change, revoke and rotate every key"
    GRANT_RESERVED_SCOPES = "grant keys:verify"
    MANAGE_KEY_POLICY = "set what the organization allows its keys"
    MANAGE_MEMBERS = "manage members"
    RENAME_ORGANIZATION = "rename the organization"
    MANAGE_ORGANIZATION = "delete the organization, change its owner"


_VIEWER = {Permission.READ_KEYS, Permission.READ_USAGE}
_MEMBER = _VIEWER | {Permission.READ_AUDIT_LOG, Permission.CREATE_KEYS, Permission.MANAGE_OWN_KEYS}
_ADMIN = _MEMBER | {
    Permission.MANAGE_ALL_KEYS,
    Permission.GRANT_RESERVED_SCOPES,
    Permission.MANAGE_KEY_POLICY,
    Permission.MANAGE_MEMBERS,
    Permission.RENAME_ORGANIZATION,
}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: frozenset(_ADMIN),
    Role.MEMBER: frozenset(_MEMBER),
    Role.VIEWER: frozenset(_VIEWER),
}


def allows(role: Role, permission: Permission) -> bool:
    return permission in GRANTS[role]


def may_manage_member(role: Role, theirs: Role) -> bool:
    """Whether this role may give others the role `theirs`, and change or remove members who have it: none of a role
    above its own."""
    ranks = list(Role)
    return allows(role, Permission.MANAGE_MEMBERS) and ranks.index(theirs) >= ranks.index(role)


def may_grant(role: Role, granted: frozenset[str]) -> bool:
    """Whether this role may give a key a scope that grants `granted` (`Policy.granted`)."""
    needed = Permission.CREATE_KEYS if granted.isdisjoint(RESERVED_SCOPES) else Permission.GRANT_RESERVED_SCOPES
    return allows(role, needed)


def may_manage_key(role: Role, *, is_theirs: bool) -> bool:
    """Whether this role may change, revoke or rotate a key; `is_theirs`: it belongs to them."""
    return allows(role, Permission.MANAGE_ALL_KEYS) or (is_theirs and allows(role, Permission.MANAGE_OWN_KEYS))
