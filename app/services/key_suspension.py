"""Suspending keys, and resuming them: until then they are refused as disabled."""

from app.domain import member_roles
from app.domain.errors import Forbidden, KeyNotActive
from app.domain.key_status import has_ended
from app.domain.member_roles import Permission
from app.services import audit, organizations
from app.services.keys import manageable, refuse_ungrantable
from app.services.organizations import Member
from app.services.revocation_barrier import revoking
from app.services.runtime import Runtime
from app.store.keys import ApiKey, ListedKey


def suspend(runtime: Runtime, member: Member, key_id: str) -> ListedKey:
    """Suspends the key: a verification that begins after this returns refuses it. Doing it again changes nothing,
    except that what an owner or admin suspends, a member does not resume.

    Raises `NotFound`, `Forbidden`, `KeyNotActive` and `Busy`.
    """
    with revoking(runtime, org_id=member.org_id) as revocation:
        member = organizations.still_member(member)
        found, now = manageable(member, key_id), runtime.clock()
        key = found.key
        if has_ended(key, now):
            raise KeyNotActive("This key was revoked or has expired, so there is nothing to suspend.")
        is_new = key.suspended_at is None
        if is_new or (key.suspended_by != member.person_id and _manages_all(member)):
            key.suspended_at, key.suspended_by = key.suspended_at or now, member.person_id
            audit.key_suspended(key, at=now, actor=member.email)
        if is_new:
            revocation.affects(member.org_id)
        else:
            revocation.nothing_changed()
    return found


def resume(runtime: Runtime, member: Member, key_id: str) -> ListedKey:
    """Lets a suspended key work again. Only who suspended it can, or an owner or admin, and only somebody who could
    give it its scopes today. Doing it again changes nothing.

    Raises `NotFound`, `Forbidden`, `UnknownScope`, `KeyNotActive` and `Busy`.
    """
    with revoking(runtime, org_id=member.org_id) as revocation:
        member = organizations.still_member(member)
        found, now = manageable(member, key_id), runtime.clock()
        key = found.key
        if has_ended(key, now):
            raise KeyNotActive("This key was revoked or has expired, so it cannot be resumed. Create a new key.")
        if key.suspended_at is None:
            revocation.nothing_changed()
            return found
        if not may_resume(member, key):
            raise Forbidden("An owner or admin suspended this key. Ask them to resume it.")
        refuse_ungrantable(runtime, member, key.scopes)
        key.suspended_at = key.suspended_by = None
        audit.key_resumed(key, at=now, actor=member.email)
        revocation.affects(member.org_id)
    return found


def may_resume(member: Member, key: ApiKey) -> bool:
    """Whether this member may lift the key's suspension."""
    return key.suspended_by == member.person_id or _manages_all(member)


def _manages_all(member: Member) -> bool:
    return member_roles.allows(member.role, Permission.MANAGE_ALL_KEYS)
