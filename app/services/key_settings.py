"""Changes to a key's settings."""

from datetime import datetime
from typing import Any, NamedTuple, cast

from app.domain import key_settings, key_settings_ceiling, member_roles
from app.domain.errors import KeyNotActive
from app.domain.key_settings import KeySettings
from app.domain.key_status import has_ended
from app.domain.member_roles import Permission, Role
from app.services import audit, key_owners, key_policy, members, organizations
from app.services.key_owners import Owner
from app.services.keys import manageable, refuse_to_set_owner, refuse_ungrantable
from app.services.organizations import Member
from app.services.revocation_barrier import Revocation, revoking
from app.services.runtime import Runtime
from app.store import key_rotations
from app.store.keys import ApiKey, ListedKey


class ForOwner(NamedTuple):
    """Whom a key shall belong to. `email` None: the organization."""

    email: str | None


def change(
    runtime: Runtime, member: Member, key_id: str, wanted: KeySettings, *, to: ForOwner | None = None
) -> ListedKey:
    """Changes the settings in `wanted`, and whom the key belongs to if `to` is not None. Every verification that begins
    after this returns uses the new ones.

    Raises `NotFound`, `Forbidden`, `WiderThanSet`, `KeyNotActive`, `ValidationFailed`, `UnknownScope` and `Busy`.
    """
    with revoking(runtime, org_id=member.org_id) as revocation:
        if to is not None:
            members.take_turn(member.org_id)
        member = organizations.still_member(member)
        if to is not None:
            refuse_to_set_owner(member)
        # Members are locked before keys.
        owner = key_owners.new_owner(member.org_id, to.email) if to is not None else None
        found = manageable(member, key_id)
        checked = checked_change(runtime, found.key, wanted, runtime.clock())
        if "scopes" in checked:
            refuse_ungrantable(runtime, member, checked["scopes"])
        elif _is_longer(found.key, checked):
            # As for a rotation: members who may not give a key these scopes any more may not extend them.
            refuse_ungrantable(runtime, member, found.key.scopes)
        sets_bounds = member_roles.allows(member.role, Permission.MANAGE_ALL_KEYS)
        if not sets_bounds:
            key_settings_ceiling.refuse_wider(checked, found.key.bounds, runtime.settings.policy)
        if owner is not None:
            found = _handed_over(runtime, found, owner, revocation, actor=member.email)
        apply(runtime, found.key, checked, revocation, actor=member.email, role=member.role, sets_bounds=sets_bounds)
    return found


def _handed_over(runtime: Runtime, listed: ListedKey, owner: Owner, revocation: Revocation, *, actor: str) -> ListedKey:
    if key_owners.hand_over(runtime, listed.key, owner, was=listed.owner, at=runtime.clock(), actor=actor):
        revocation.affects(listed.key.org_id)
    return listed._replace(owner=owner.email, owner_left=False)


def checked_change(runtime: Runtime, key: ApiKey, wanted: KeySettings, now: datetime) -> KeySettings:
    """The changes as they are stored. Raises `KeyNotActive`, `ValidationFailed` and `UnknownScope`."""
    if has_ended(key, now):
        raise KeyNotActive("This key was revoked or has expired, so it cannot be changed. Create a new key.")
    checked = key_settings.checked(wanted, now, runtime.settings.policy)
    if _is_longer(key, checked) and key_rotations.has_successor(key.org_id, key.id):
        raise KeyNotActive("This key was rotated, so it cannot be extended. Change its successor instead.")
    return checked


def apply(
    runtime: Runtime,
    key: ApiKey,
    checked: KeySettings,
    revocation: Revocation,
    *,
    actor: str,
    role: Role | None,
    sets_bounds: bool,
    overrides_policy: bool = False,
) -> None:
    """Applies what `checked_change` returned to a locked key. `role`: of whoever changes it; None: the operator.
    `sets_bounds`: members may go no further. Raises `OutsideKeyPolicy` for what changes, unless it is overridden."""
    old = cast(dict[str, Any], key.settings)
    new = {name: value for name, value in checked.items() if value != old[name]}
    if not new:
        revocation.nothing_changed()
        return
    judged = cast(KeySettings, new | ({"scopes": new.get("scopes", key.scopes)} if _is_longer(key, checked) else {}))
    overridden = key_policy.enforce(runtime, key.org_id, judged, role=role, overrides_policy=overrides_policy)
    for name, value in new.items():
        setattr(key, name, value)
    if sets_bounds:
        key.bounds = key_settings_ceiling.moved(key.bounds, cast(KeySettings, new))
    audit.key_changed(key, at=runtime.clock(), actor=actor, old=old, new=new, overridden=overridden)
    revocation.affects(key.org_id)


def _is_longer(key: ApiKey, checked: KeySettings) -> bool:
    """Whether the change extends the key."""
    if "expires_at" not in checked or key.expires_at is None:
        return False
    expires_at = checked["expires_at"]
    return expires_at is None or expires_at > key.expires_at
