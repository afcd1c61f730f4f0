"""What an organization allows its keys: reading it, changing it, and which keys are outside of it.

`services.keys.issue` and `services.key_settings.apply` judge by it whatever makes or changes a key. Verification knows
nothing of it: a new policy stops no key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain import key_policy
from app.domain.errors import Forbidden
from app.domain.key_policy import KeyPolicy, KeyPolicyChange, may_limit
from app.domain.key_settings import KeySettings
from app.domain.member_roles import Permission, Role, allows
from app.domain.route_policy import Policy
from app.services import audit
from app.services import organizations as members
from app.services.organizations import Member
from app.services.runtime import Runtime
from app.store import memberships, organizations
from app.store.key_conditions import Outside
from app.store.keys import ListedKey
from app.store.transaction import transaction


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why a key is outside of the policy."""

    #: Whether it ends too late, or never.
    by_expiry: bool
    #: Its scopes that the role of its owner may not give, and that role.
    scopes: tuple[str, ...]
    role: Role | None


def of(org_id: str) -> KeyPolicy:
    """The policy as it is now."""
    return organizations.key_policy(org_id)


def locked(org_id: str) -> KeyPolicy:
    """The policy, which nobody can change until the transaction ends. Locks the organization: lock keys and take turns
    before."""
    organizations.lock([org_id])
    return organizations.key_policy(org_id)


def change(runtime: Runtime, member: Member, wanted: KeyPolicyChange) -> KeyPolicy:
    """The new policy. Raises `ValidationFailed`, `NotFound` and `Forbidden`."""
    with transaction():
        member = members.still_member(member)
        if not allows(member.role, Permission.MANAGE_KEY_POLICY):
            raise Forbidden
        return _change(runtime, member.org_id, wanted, actor=member.email, setter=member.role)


def change_as_operator(runtime: Runtime, org_id: str, wanted: KeyPolicyChange, *, actor: str) -> KeyPolicy:
    """The new policy. Raises `ValidationFailed`."""
    with transaction():
        return _change(runtime, org_id, wanted, actor=actor, setter=Role.OWNER)


def enforce(
    runtime: Runtime, org_id: str, settings: KeySettings, *, role: Role | None, overrides_policy: bool = False
) -> Sequence[str]:
    """Raises `OutsideKeyPolicy` for settings that the organization's policy does not allow. Returns the names of those
    that override it: none, unless somebody who may do so `overrides_policy`. `role`: of whoever sets them; None: the
    operator."""
    policy, now, catalogue = locked(org_id), runtime.clock(), runtime.settings.policy
    if overrides_policy:
        return tuple(key_policy.problems(policy, settings, role, now, catalogue))
    key_policy.refuse_outside(policy, settings, role, now, catalogue)
    return ()


def outside(runtime: Runtime, org_id: str) -> Outside:
    """Which working keys are outside of the policy, for the list of keys."""
    policy, catalogue = of(org_id), runtime.settings.policy
    refused = {role: scopes for role in Role if (scopes := policy.not_given_by(role, catalogue))}
    return Outside(policy.last_moment(runtime.clock()), refused)


def reasons(runtime: Runtime, member: Member, found: Sequence[ListedKey]) -> Mapping[str, Reasons]:
    """Why these keys are outside of the policy, by their IDs."""
    policy, now, catalogue = of(member.org_id), runtime.clock(), runtime.settings.policy
    roles = memberships.roles(member.org_id, {listed.key.owner_id for listed in found if listed.key.owner_id})
    return {
        listed.key.id: _reasons(listed, policy, roles.get(listed.key.owner_id or ""), now, catalogue)
        for listed in found
    }


def _reasons(listed: ListedKey, policy: KeyPolicy, role: Role | None, now: datetime, catalogue: Policy) -> Reasons:
    scopes = tuple(scope for scope in listed.key.scopes if not policy.may_give(role, scope, catalogue))
    return Reasons(not policy.allows_expiry(listed.key.expires_at, now), scopes, role)


def _change(runtime: Runtime, org_id: str, wanted: KeyPolicyChange, *, actor: str, setter: Role) -> KeyPolicy:
    old = locked(org_id)
    new = key_policy.changed(old, wanted, runtime.settings.policy)
    beyond = [role.value for role in key_policy.LIMITED_ROLES if _moved(old, new, role) and not may_limit(setter, role)]
    if beyond:
        raise Forbidden(f"Only an owner says which scopes these roles may give: {', '.join(beyond)}.")
    if new != old:
        organizations.set_key_policy(org_id, new)
        audit.key_policy_changed(org_id, at=runtime.clock(), actor=actor, old=old, new=new)
    return new


def _moved(old: KeyPolicy, new: KeyPolicy, role: Role) -> bool:
    return old.scopes_by_role.get(role) != new.scopes_by_role.get(role)
