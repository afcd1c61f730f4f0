"""Keys that were rotated and still work: given a day more, ended once nobody uses them, and told about if they are."""

from datetime import datetime, timedelta

from app.domain import key_settings_ceiling, member_roles
from app.domain.errors import KeyNotActive
from app.domain.key_status import has_ended
from app.domain.member_roles import Permission
from app.domain.revocation_reason import RevocationReason
from app.services import audit, organizations, outbox
from app.services.immediate_revocation import revoking, seldom_revoking
from app.services.key_rotation import MAX_OVERLAP_SECONDS
from app.services.keys import manageable, refuse_ungrantable
from app.services.organizations import Member
from app.services.runtime import Runtime
from app.store import key_rotations, keys
from app.store import organizations as organization_store
from app.store.keys import ListedKey
from app.store.transaction import transaction

#: Who ended a key that nobody used any more, in the audit log.
ACTOR = "keydesk"
A_DAY = timedelta(days=1)
#: Every process writes its counts each second, so after this time all have, unless one cannot write.
SURELY_FLUSHED = timedelta(minutes=2)


def extend(runtime: Runtime, member: Member, key_id: str) -> ListedKey:
    """Lets the old key work for a day more, but never longer than it would have without the rotation, nor than 30 days
    after it. Raises `NotFound`, `Forbidden`, `KeyNotActive` and `Busy`."""
    with revoking(runtime, org_id=member.org_id) as revocation:
        member = organizations.still_member(member)
        found, now = manageable(member, key_id), runtime.clock()
        longest = longest_end(found)
        if longest is None or found.key.expires_at is None or has_ended(found.key, now):
            raise KeyNotActive("This key is not being replaced, or has ended. Change its expiry instead.")
        ends = min(found.key.expires_at + A_DAY, longest)
        if ends <= found.key.expires_at:
            raise KeyNotActive("This key cannot work any longer: its first expiry, or 30 days, are reached.")
        # As for any key that is extended.
        refuse_ungrantable(runtime, member, found.key.scopes)
        if not member_roles.allows(member.role, Permission.MANAGE_ALL_KEYS):
            key_settings_ceiling.refuse_wider({"expires_at": ends}, found.key.bounds, runtime.settings.policy)
        old = found.key.settings
        found.key.expires_at, found.key.end_mailed_at = ends, None
        audit.key_changed(found.key, at=now, actor=member.email, old=old, new={"expires_at": ends})
        revocation.affects(member.org_id)
    return found


def longest_end(listed: ListedKey) -> datetime | None:
    """Until when an old key can be extended; None if it was not rotated, or its successor has ended."""
    rotated_at = _rotated_at(listed)
    if rotated_at is None:
        return None
    longest = rotated_at + timedelta(seconds=MAX_OVERLAP_SECONDS)
    first = listed.key.expires_unrotated
    return longest if first is None else min(longest, first)


def end_idle(runtime: Runtime) -> None:
    """Revokes old keys with which no request was let through for as long as their rotation says."""
    # Most are used, and are not even locked.
    for org_id, key_id in key_rotations.idle_after_rotation(runtime.clock() - SURELY_FLUSHED):
        with seldom_revoking() as revocation:
            revocation.nothing_changed()
            found, now = keys.locked(org_id, key_id), runtime.clock()
            if found is None or has_ended(found.key, now) or not _is_idle(found, now):
                continue
            found.key.revoke(now, RevocationReason.ROTATED)
            audit.key_revoked(found.key, at=now, actor=ACTOR, reason="idle after rotation")
            revocation.affects(org_id)


def warn(runtime: Runtime) -> None:
    """Mails those who rotated keys that end within a day although they are still used. Each key is told of once, and
    again after it was given a day more."""
    now = runtime.clock()
    for org_id, key_id in key_rotations.ending_soon(now, now + A_DAY):
        with transaction():
            found = keys.locked(org_id, key_id)
            if found is None or found.key.end_mailed_at is not None or has_ended(found.key, now):
                continue
            rotated = keys.get(org_id, found.successor or "")
            # Who rotated a key of the organization, whom it does not belong to, may have left.
            recipient = rotated and (rotated.owner or rotated.created_by)
            if rotated is None or recipient is None:
                continue
            person_id = rotated.key.owner_id or rotated.key.created_by or ""
            found.key.end_mailed_at = now
            outbox.enqueue(
                mail="key_ends",
                recipient=recipient,
                secret_id=None,
                now=now,
                expires_at=found.key.expires_at or now,
                send=runtime.settings.has_mail and organization_store.seen_by(person_id, org_id) is not None,
                about=f"{org_id} {key_id} {found.key.start}…{found.key.last4}",
            )


def _rotated_at(listed: ListedKey) -> datetime | None:
    """When the successor was made. Read by itself, because what a statement that waited for a lock read beside the
    locked row may be older than the lock."""
    return key_rotations.successor_created_at(listed.key.org_id, listed.key.id)


def _is_idle(listed: ListedKey, now: datetime) -> bool:
    rotated_at = _rotated_at(listed)
    if rotated_at is None or listed.key.ends_idle_seconds is None:
        return False
    since = max(rotated_at, listed.last_let_through or rotated_at)
    return now - since >= timedelta(seconds=listed.key.ends_idle_seconds) + SURELY_FLUSHED
