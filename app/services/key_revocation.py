"""Revoking keys, one or many, and undoing a revoke within the hour (docs/adr/0014-lease.md says what that promises)."""

from collections.abc import Sequence
from datetime import datetime

from app.domain import member_roles
from app.domain.errors import Forbidden, NotFound, NotUndoable, TooManyKeys, UnknownScope, ValidationFailed
from app.domain.key_origin import KeyOrigin
from app.domain.member_roles import Permission
from app.domain.revocation_reason import RevocationReason
from app.domain.revocation_undo import undoable_until
from app.services import audit, key_quotas, organizations
from app.services.keys import manageable, refuse_ungrantable, refuse_unmanageable
from app.services.organizations import Member
from app.services.revocation_barrier import Revocation, has_settled, revoking
from app.services.runtime import Runtime
from app.store import key_rotations, keys, sign_up_keys
from app.store.keys import ApiKey, ListedKey
from app.store.transaction import take_turns

#: As many as a page of the list shows: what is selected on one page is one choice.
MAX_AT_ONCE = 50


def revoke(runtime: Runtime, member: Member, key_id: str, *, leaked: bool = False) -> ListedKey:
    """Revokes the key: a verification that begins after this returns refuses it. Doing it again changes nothing, except
    that what leaked, and what an owner or admin revoked, is not undone by others.

    Raises `NotFound`, `Forbidden` and `Busy`.
    """
    found = manageable(member, key_id, lock=False)
    if has_settled(found.key.revoked_at, runtime.clock()) and not _says_more(found.key, member, leaked=leaked):
        return found
    with revoking(runtime, org_id=member.org_id) as revocation:
        member = organizations.still_member(member)
        found = manageable(member, key_id)
        _revoke(runtime, found.key, member, revocation, leaked=leaked)
    return found


def revoke_many(runtime: Runtime, member: Member, key_ids: Sequence[str]) -> Sequence[ListedKey]:
    """Revokes all of these keys or none, in one transaction and with one wait.

    Raises `ValidationFailed` naming `keys`, `NotFound`, `Forbidden` and `Busy`.
    """
    wanted = set(key_ids)
    check_number(list(wanted))
    with revoking(runtime, org_id=member.org_id) as revocation:
        member = organizations.still_member(member)
        found = keys.locked_many(member.org_id, list(wanted))
        if len(found) < len(wanted):
            raise NotFound
        for listed in found:
            refuse_unmanageable(member, listed)
            _revoke(runtime, listed.key, member, revocation, leaked=False)
    return found


def check_number(key_ids: Sequence[str]) -> None:
    """Raises `ValidationFailed` naming `keys`, and `NotFound` for what no database could look up."""
    if not all(key_id.isascii() and key_id.isprintable() for key_id in key_ids):
        raise NotFound
    if not key_ids:
        raise ValidationFailed({"keys": "select at least one key"})
    if len(key_ids) > MAX_AT_ONCE:
        raise ValidationFailed({"keys": f"are {len(key_ids)}; select at most {MAX_AT_ONCE} at a time"})


def undo(runtime: Runtime, member: Member, key_id: str) -> ListedKey:
    """Lets a key work again that was revoked by hand in the last hour. Doing it again changes nothing.

    Raises `NotFound`, `Forbidden`, `NotUndoable` and `Busy`.
    """
    before = manageable(member, key_id, lock=False)
    with revoking(runtime, org_id=member.org_id) as revocation:
        if before.key.origin == KeyOrigin.SIGN_UP and before.created_by:
            # First, as agent sign-up does: it must not make another key for this person meanwhile.
            take_turns(f"person:{before.created_by}")
        member = organizations.still_member(member)
        found, now = manageable(member, key_id), runtime.clock()
        key = found.key
        if key.revoked_at is None and key.first_revoked_at is not None:
            revocation.nothing_changed()
            return found
        _refuse_not_undoable(runtime, member, found, now)
        key.revoked_at = key.revoked_by = key.revoked_reason = None
        audit.key_revoke_undone(key, at=now, actor=member.email)
        revocation.affects(member.org_id)
    return found


def why_not_undoable(member: Member, listed: ListedKey, now: datetime) -> str | None:
    """Why this member cannot undo the revoke, as far as the key itself says; None if nothing speaks against it."""
    key = listed.key
    until = undoable_until(key)
    if key.revoked_at is None:
        return "This key is not revoked."
    if key.revoked_reason == RevocationReason.LEAKED:
        return "This key was reported as leaked, so it stays revoked. Create a new key."
    if until is None:
        return "Only what a member revoked by hand can be undone. Create a new key."
    if now >= until:
        return "A revoke can be undone for 60 minutes, and only while the key has not expired. Create a new key."
    if key.revoked_by != member.person_id and not member_roles.allows(member.role, Permission.MANAGE_ALL_KEYS):
        return "Somebody else revoked this key. Ask them, or an owner or admin."
    return None


def _refuse_not_undoable(runtime: Runtime, member: Member, listed: ListedKey, now: datetime) -> None:
    key = listed.key
    if why := why_not_undoable(member, listed, now):
        raise NotUndoable(why)
    if _other_lives(listed, now):
        raise NotUndoable("Another key has taken its place. Revoke that one first, or use it.")
    try:
        refuse_ungrantable(runtime, member, key.scopes)
        key_quotas.refuse_full(runtime, member.org_id, now)
    except (Forbidden, UnknownScope, TooManyKeys) as error:
        raise NotUndoable(error.detail) from None


def _other_lives(listed: ListedKey, now: datetime) -> bool:
    """Whether a successor works, or another sign-up key of the same person."""
    # Read by itself: beside the locked row it may be older than the lock.
    if key_rotations.has_working_successor(listed.key.org_id, listed.key.id, now):
        return True
    is_sign_up = listed.key.origin == KeyOrigin.SIGN_UP and listed.key.created_by is not None
    return is_sign_up and bool(sign_up_keys.current(listed.key.created_by or "", now))


def _revoke(runtime: Runtime, key: ApiKey, member: Member, revocation: Revocation, *, leaked: bool) -> None:
    """Revokes a locked key, or says more about why it is revoked."""
    now, reason = runtime.clock(), RevocationReason.LEAKED if leaked else RevocationReason.BY_HAND
    if key.revoked_at is None:
        key.revoke(now, reason, by=member.person_id)
        audit.key_revoked(key, at=now, actor=member.email, reason=reason.value if leaked else None)
        revocation.affects(key.org_id)
        return
    if _says_more(key, member, leaked=leaked):
        key.revoked_by, key.revoked_reason = member.person_id, reason.value
        audit.key_revoked(key, at=now, actor=member.email, reason=reason.value if leaked else None)
    revocation.nothing_changed()


def _says_more(key: ApiKey, member: Member, *, leaked: bool) -> bool:
    """Whether revoking a revoked key again changes who can undo it."""
    if leaked:
        return key.revoked_reason != RevocationReason.LEAKED
    is_anothers = key.revoked_reason == RevocationReason.BY_HAND and key.revoked_by != member.person_id
    return is_anothers and member_roles.allows(member.role, Permission.MANAGE_ALL_KEYS)
