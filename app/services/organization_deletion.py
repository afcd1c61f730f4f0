"""Deleting organizations, bringing them back, erasing them after 30 days (docs/adr/0025-deleting-organizations.md)."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain import name_rules
from app.domain.errors import Forbidden, NotFound, SignInAgain, ValidationFailed
from app.domain.mail_kinds import MailKind
from app.domain.member_roles import Permission, Role, allows
from app.domain.name_rules import OPERATORS
from app.domain.organization_deletion import KEPT, erased_at, is_young
from app.domain.rfc3339 import rfc3339
from app.services import audit, operator_organizations, outbox
from app.services import members as team
from app.services import organizations as members
from app.services.continue_on_error import each
from app.services.organizations import Member
from app.services.revocation_barrier import Revocation, revoking, seldom_revoking
from app.services.runtime import Runtime
from app.store import invitations, key_notice_recipients, memberships
from app.store import organization_deletion as store
from app.store.invitations import End
from app.store.organizations import Organization
from app.store.transaction import transaction

#: Rows that are erased in one transaction, so that nobody waits for it.
ROWS_AT_ONCE = 500
#: How long rows are looked for that servers wrote about keys that were being erased.
LOOK_AGAIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Deletion:
    """What a deletion means. `keys`: how many stop working; `members`: how many people lose it from sight; `erased_at`:
    until when it can be brought back."""

    name: str
    keys: int
    members: int
    erased_at: datetime


def preview(runtime: Runtime, member: Member) -> Deletion:
    """What it would mean now."""
    return _meaning(member.org_id, member.org_name, runtime.clock())


def is_young_sign_in(runtime: Runtime, signed_in_at: datetime) -> bool:
    """Whether somebody who signed in then may delete one without signing in again."""
    return is_young(signed_in_at, runtime.clock())


def delete(runtime: Runtime, member: Member, *, signed_in_at: datetime, typed: str) -> Deletion:
    """Deletes the organization: its keys are refused everywhere when this returns, its members see it no more, and its
    owners are told by mail. `typed`: its name, as proof that this one is meant.

    Raises `SignInAgain`, `ValidationFailed` naming `name`, `Forbidden`, `NotFound` and `Busy`.
    """
    if not is_young_sign_in(runtime, signed_in_at):
        raise SignInAgain
    with revoking(runtime, org_id=member.org_id) as revocation:
        team.take_turn(member.org_id)
        # All of them before one's own, so that two owners who delete it take turns, and whoever writes as a member has
        # either written or sees that it is deleted.
        memberships.lock_all(member.org_id)
        member = members.still_member(member)
        if not allows(member.role, Permission.MANAGE_ORGANIZATION):
            raise Forbidden
        found = store.locked(member.org_id)
        if not name_rules.is_typed_name(typed, found.name):
            raise ValidationFailed({"name": f"is not the name of this organization; enter “{found.name}”"})
        return _delete(runtime, found, member.email, revocation)


def delete_as_operator(runtime: Runtime, org: str) -> Deletion:
    """As `delete`, for an ID or a name. Raises `NotFound` and `Forbidden`."""
    with revoking(runtime) as revocation:
        found = operator_organizations.organization(org)
        team.take_turn(found.id)
        memberships.lock_all(found.id)
        return _delete(runtime, store.locked(found.id), operator_organizations.ACTOR, revocation)


def restore(runtime: Runtime, org: str) -> str:
    """Brings a deleted organization back, by its ID or the name that it had, and returns its name. Its keys work again,
    unless an operator had disabled it before. Raises `NotFound`."""
    with revoking(runtime) as revocation:
        matches = store.by_id_or_name(org)
        if len(matches) != 1:
            found = "Several deleted organizations had this name; use an ID." if matches else "It was not deleted."
            raise NotFound(f"{org}: {found} See: orgs list")
        organization, now = store.locked(matches[0].id), runtime.clock()
        deleted_at = organization.deleted_at
        if deleted_at is None or now >= erased_at(deleted_at):
            raise NotFound(f"{org}: It cannot be brought back any more.")
        if organization.disabled_at == deleted_at:
            organization.disabled_at = None
        organization.deleted_at = None
        audit.organization_restored(organization.id, at=now, actor=operator_organizations.ACTOR)
        revocation.affects(organization.id)
        return organization.name


def erase(runtime: Runtime) -> None:
    """Erases what belongs to organizations that were deleted 30 days ago. One that was begun goes on when this is
    called again. For a day more it looks for what servers still counted about the keys meanwhile."""
    now = runtime.clock()
    last_time = set(store.deleted_before(now - KEPT - LOOK_AGAIN))
    each(
        store.deleted_before(now - KEPT),
        lambda org_id: _erase(org_id, now, is_last_time=org_id in last_time),
        failed="was not erased",
        name=str,
    )


def _erase(org_id: str, now: datetime, *, is_last_time: bool) -> None:
    while _erase_some(org_id):
        pass
    # Whoever erased the last rows may have ended before this.
    _forget(org_id)
    if is_last_time:
        _mark_erased(org_id, now)


def _erase_some(org_id: str) -> int:
    with transaction():
        return store.erase_some(org_id, ROWS_AT_ONCE)


def _forget(org_id: str) -> None:
    """No process keeps its keys in memory any more, either."""
    with seldom_revoking() as revocation:
        if store.forget(org_id):
            revocation.affects(org_id)
        else:
            revocation.nothing_changed()


def _mark_erased(org_id: str, now: datetime) -> None:
    with transaction():
        if store.erase_some(org_id, ROWS_AT_ONCE) == 0:
            store.mark_erased(org_id, now)


def _delete(runtime: Runtime, found: Organization, actor: str, revocation: Revocation) -> Deletion:
    now = runtime.clock()
    if found.deleted_at is not None:
        raise NotFound
    if found.name == OPERATORS:
        raise Forbidden("The operators’ own organization cannot be deleted.")
    meaning = _meaning(found.id, found.name, now)
    _tell_owners(runtime, found.id, meaning, actor, now)
    found.deleted_at = now
    # Bringing it back enables it only if it was not disabled before.
    found.disabled_at = found.disabled_at or now
    invitations.end_in(found.id, End.WITHDRAWN, now)
    audit.organization_deleted(found.id, at=now, actor=actor, keys=meaning.keys, erased_at=meaning.erased_at)
    revocation.affects(found.id)
    return meaning


def _meaning(org_id: str, name: str, now: datetime) -> Deletion:
    return Deletion(name, store.count_working_keys(org_id, now), store.count_members(org_id), erased_at(now))


def _tell_owners(runtime: Runtime, org_id: str, meaning: Deletion, actor: str, now: datetime) -> None:
    about = {
        "name": meaning.name,
        "org_id": org_id,
        "by": actor,
        "keys": meaning.keys,
        "members": meaning.members,
        "erased_at": rfc3339(meaning.erased_at),
    }
    for owner in key_notice_recipients.in_roles(org_id, [Role.OWNER]):
        outbox.notify(runtime, MailKind.ORGANIZATION_DELETED, owner.email, now=now, about=json.dumps(about))
