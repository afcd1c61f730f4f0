"""Keys that were rotated and still work: given a day more, ended once nobody uses them, and told about if they are."""

from datetime import datetime, timedelta
from operator import itemgetter

from app.domain import key_settings_ceiling, member_roles, notable_key_changes
from app.domain.errors import KeyNotActive
from app.domain.key_settings import KeySettings
from app.domain.key_status import has_ended
from app.domain.mail_kinds import MailKind
from app.domain.member_roles import Permission, Role
from app.domain.revocation_reason import RevocationReason
from app.services import audit, key_policy, mail_preferences, organizations, outbox, usage_processes
from app.services.continue_on_error import each
from app.services.key_notice_recipients import recipients
from app.services.key_rotation import MAX_OVERLAP_SECONDS
from app.services.keys import manageable, refuse_ungrantable
from app.services.organizations import Member
from app.services.revocation_barrier import Revocation, revoking, seldom_revoking
from app.services.runtime import Runtime
from app.store import key_rotations, keys, organization_deletion
from app.store import outbox as outbox_store
from app.store.key_notice_recipients import Recipient
from app.store.keys import ApiKey, ListedKey
from app.store.transaction import transaction

#: Who ended a key that nobody used any more, in the audit log.
ACTOR = notable_key_changes.BY_ITSELF
A_DAY = timedelta(days=1)
#: Mails about old keys to one person: somebody who rotates all keys of an organization fills no outbox.
MOST_MAILS_A_DAY = 20
#: Longer than any request takes and than the clocks of machines differ.
SURELY_COUNTED = timedelta(minutes=2)


def extend(runtime: Runtime, member: Member, key_id: str) -> ListedKey:
    """Lets the old key work for a day more, but never longer than it would have without the rotation, nor than 30 days
    after it, nor than the organization's policy allows. Raises `NotFound`, `Forbidden`, `KeyNotActive`,
    `OutsideKeyPolicy` and `Busy`."""
    with revoking(runtime, org_id=member.org_id) as revocation:
        member = organizations.still_member(member)
        found, now = manageable(member, key_id), runtime.clock()
        ends = _a_day_later(found.key, now)
        # As for any key that is extended.
        refuse_ungrantable(runtime, member, found.key.scopes)
        if not member_roles.allows(member.role, Permission.MANAGE_ALL_KEYS):
            key_settings_ceiling.refuse_wider({"expires_at": ends}, found.key.bounds, runtime.settings.policy)
        _move_end(runtime, found.key, ends, revocation, actor=member.email, role=member.role)
    return found


def extend_as_operator(
    runtime: Runtime, key: ApiKey, revocation: Revocation, *, actor: str, overrides_policy: bool
) -> None:
    """As `extend`, for a locked key, whatever an admin set. Raises `KeyNotActive` and `OutsideKeyPolicy`."""
    ends = _a_day_later(key, runtime.clock())
    _move_end(runtime, key, ends, revocation, actor=actor, role=None, overrides_policy=overrides_policy)


def _a_day_later(key: ApiKey, now: datetime) -> datetime:
    longest = _longest_end(key)
    if longest is None or key.expires_at is None or has_ended(key, now):
        raise KeyNotActive("This key is not being replaced, or has ended. Change its expiry instead.")
    ends = min(key.expires_at + A_DAY, longest)
    if ends <= key.expires_at:
        raise KeyNotActive("This key cannot work any longer: its first expiry, or 30 days, are reached.")
    return ends


def _move_end(
    runtime: Runtime,
    key: ApiKey,
    ends: datetime,
    revocation: Revocation,
    *,
    actor: str,
    role: Role | None,
    overrides_policy: bool = False,
) -> None:
    extended, old = KeySettings(expires_at=ends, scopes=key.scopes), key.settings
    overridden = key_policy.enforce(runtime, key.org_id, extended, role=role, overrides_policy=overrides_policy)
    key.expires_at, key.end_mailed_at = ends, None
    new = {"expires_at": ends}
    audit.key_changed(key, at=runtime.clock(), actor=actor, old=old, new=new, overridden=overridden)
    revocation.affects(key.org_id)


def _longest_end(key: ApiKey) -> datetime | None:
    """Until when an old key can be extended; None if it was not rotated, or its successor has ended."""
    rotated_at = _rotated_at(key)
    if rotated_at is None:
        return None
    longest = rotated_at + timedelta(seconds=MAX_OVERLAP_SECONDS)
    return longest if key.expires_unrotated is None else min(longest, key.expires_unrotated)


def end_idle(runtime: Runtime) -> None:
    """Revokes old keys with which no request was let through for as long as their rotation says, as far as all
    processes have written their counts. None of deleted organizations: the deletion stays the last entry of the audit
    log."""
    began = runtime.clock()
    counted = usage_processes.known_until(began) - SURELY_COUNTED
    each(
        # Most are used, and are not even locked.
        key_rotations.idle_after_rotation(began, counted),
        lambda one: _end_if_idle(runtime, *one, counted),
        failed="was not ended although nobody uses it",
        name=itemgetter(1),
    )


def _end_if_idle(runtime: Runtime, org_id: str, key_id: str, counted: datetime) -> None:
    with seldom_revoking() as revocation:
        revocation.nothing_changed()
        found, now = keys.locked(org_id, key_id), runtime.clock()
        if found is None or has_ended(found.key, now) or not _is_idle(found, counted):
            return
        # It may have been deleted a moment ago. The lock keeps it from being deleted before the entry.
        if organization_deletion.locked(org_id).deleted_at is not None:
            return
        found.key.revoke(now, RevocationReason.ROTATED)
        audit.key_revoked(found.key, at=now, actor=ACTOR, reason="idle after rotation")
        revocation.affects(org_id)


def warn(runtime: Runtime) -> None:
    """Mails those who rotated keys that end within a day although they are still used. Each key is told of once, and
    again after it was given a day more."""
    now = runtime.clock()
    each(
        key_rotations.ending_soon(now, now + A_DAY),
        lambda one: _warn(runtime, *one, now),
        failed="ends soon, and nobody was told",
        name=itemgetter(1),
    )


def _warn(runtime: Runtime, org_id: str, key_id: str, now: datetime) -> None:
    with transaction():
        found = keys.locked(org_id, key_id)
        if found is None or found.key.end_mailed_at is not None or has_ended(found.key, now):
            return
        rotated = keys.get(org_id, found.successor or "")
        if rotated is None:
            return
        found.key.end_mailed_at = now
        # Whom the successor belongs to, or who rotated a key of the organization.
        for one in recipients(org_id, rotated.key.owner_id or rotated.key.created_by):
            outbox.notify(
                runtime,
                MailKind.KEY_ENDS,
                one.email,
                now=now,
                expires_at=found.key.expires_at or now,
                wanted=_is_wanted(one, now),
                about=f"{org_id} {key_id} {found.key.start}…{found.key.last4}",
            )


def _is_wanted(recipient: Recipient, now: datetime) -> bool:
    queued = outbox_store.queued(MailKind.KEY_ENDS, recipient.email, now - A_DAY, now)
    return queued < MOST_MAILS_A_DAY and mail_preferences.wants(recipient.person_id, MailKind.KEY_ENDS)


def _rotated_at(key: ApiKey) -> datetime | None:
    """When the successor was made. Read by itself, because what a statement that waited for a lock read beside the
    locked row may be older than the lock."""
    return key_rotations.successor_created_at(key.org_id, key.id)


def _is_idle(listed: ListedKey, counted: datetime) -> bool:
    rotated_at = _rotated_at(listed.key)
    if rotated_at is None or listed.key.ends_idle_seconds is None:
        return False
    since = max(rotated_at, listed.last_let_through or rotated_at)
    return counted - since >= timedelta(seconds=listed.key.ends_idle_seconds)
