"""Rotation: a successor replaces a key, which stops working at once or after an overlap."""

from datetime import datetime, timedelta

from app.domain import key_settings_ceiling, member_roles
from app.domain.errors import KeyNotActive, ValidationFailed
from app.domain.key_origin import KeyOrigin
from app.domain.key_status import is_working, status
from app.domain.member_roles import Permission, Role
from app.domain.revocation_reason import RevocationReason
from app.services import audit, key_quotas, organizations
from app.services.key_owners import THE_ORGANIZATION, Owner
from app.services.keys import IssuedKey, issue, manageable, refuse_second_submission, refuse_ungrantable
from app.services.organizations import Member
from app.services.revocation_barrier import Revocation, revoking
from app.services.runtime import Runtime
from app.store import key_rotations, people
from app.store.keys import ApiKey

MAX_OVERLAP_SECONDS = 2_592_000
MIN_IDLE_SECONDS = 3600


def rotate(
    runtime: Runtime,
    member: Member,
    key_id: str,
    *,
    overlap_seconds: int = 0,
    idle_seconds: int | None = None,
    submission_id: str | None = None,
) -> IssuedKey:
    """A successor with the same settings, or an earlier expiry if the organization's policy asks for one. The old key
    stops working after the overlap, and never later than it would have without. `idle_seconds`: it stops sooner, once
    no request with it was let through for so long.

    Raises `NotFound`, `Forbidden`, `KeyNotActive`, `ValidationFailed`, `KeyAlreadyShown`, `TooManyKeys`, `RateLimited`
    and `Busy`.
    """
    check_overlap(overlap_seconds)
    check_idle(idle_seconds)
    with revoking(runtime, org_id=member.org_id, in_seconds=overlap_seconds) as revocation:
        member = organizations.still_member(member)
        old = manageable(member, key_id).key
        refuse_second_submission(member.org_id, submission_id)
        return rotate_locked(
            runtime,
            member,
            old,
            revocation,
            overlap_seconds=overlap_seconds,
            idle_seconds=idle_seconds,
            submission_id=submission_id,
        )


def rotate_locked(
    runtime: Runtime,
    member: Member,
    old: ApiKey,
    revocation: Revocation,
    *,
    overlap_seconds: int,
    idle_seconds: int | None = None,
    submission_id: str | None = None,
    owner: Owner | None = None,
) -> IssuedKey:
    """As `rotate`, for a locked key that the member may manage, in the caller's transaction. `owner`: as `replace`."""
    refuse_unrotatable(old, runtime.clock())
    refuse_ungrantable(runtime, member, old.scopes)
    key_quotas.refuse_over(runtime, member.org_id, member.person_id, runtime.clock(), replaces=overlap_seconds == 0)
    if overlap_seconds:
        old.ends_idle_seconds = idle_seconds
    issued = replace(
        runtime,
        old,
        revocation,
        overlap_seconds=overlap_seconds,
        role=member.role,
        origin=KeyOrigin(old.origin),
        actor=member.email,
        prefix=old.prefix,
        created_by=member.person_id,
        owner=owner,
        submission_id=submission_id,
    )
    if overlap_seconds and member_roles.allows(member.role, Permission.MANAGE_ALL_KEYS):
        # When the old key ends is set by somebody whom a member does not overrule. The successor is free of it.
        old.bounds = key_settings_ceiling.moved(old.bounds, {"expires_at": old.expires_at})
    return issued


def rotate_as_operator(
    runtime: Runtime,
    old: ApiKey,
    revocation: Revocation,
    *,
    overlap_seconds: int,
    idle_seconds: int | None = None,
    actor: str,
    owner: Owner | None = None,
    overrides_policy: bool = False,
) -> IssuedKey:
    """The successor of a locked key, which has nobody's role as its bound. `owner`: as `replace`. Raises
    `KeyNotActive`."""
    refuse_unrotatable(old, runtime.clock())
    issued = replace(
        runtime,
        old,
        revocation,
        overlap_seconds=overlap_seconds,
        role=None,
        origin=KeyOrigin.OPERATOR,
        actor=actor,
        owner=owner,
        overrides_policy=overrides_policy,
    )
    if overlap_seconds:
        old.ends_idle_seconds = idle_seconds
        old.bounds = key_settings_ceiling.moved(old.bounds, {"expires_at": old.expires_at})
    return issued


def replace(
    runtime: Runtime,
    old: ApiKey,
    revocation: Revocation,
    *,
    overlap_seconds: int,
    role: Role | None,
    origin: KeyOrigin,
    actor: str,
    prefix: str | None = None,
    created_by: str | None = None,
    owner: Owner | None = None,
    submission_id: str | None = None,
    overrides_policy: bool = False,
) -> IssuedKey:
    """The successor of a key that is locked and can be rotated. `role` and `created_by` None: an operator. The
    successor of a sign-up key is one too, and its person's, whoever rotates it: agent sign-up gives it to them
    again. `owner`: whom the successor belongs to; None: whoever rotates the key, or the organization if it is one of
    the organization."""
    now = runtime.clock()
    email = actor if created_by else None
    if old.origin == KeyOrigin.SIGN_UP:
        person = people.get(old.created_by or "")
        origin, prefix, created_by = KeyOrigin.SIGN_UP, None, old.created_by
        email = person.email if person else None
    if owner is None:
        owner = Owner(created_by, email) if old.owner_id else THE_ORGANIZATION
    issued = issue(
        runtime,
        old.org_id,
        old.settings,
        now,
        role=role,
        origin=origin,
        prefix=prefix,
        created_by=created_by,
        email=email,
        owner=owner,
        submission_id=submission_id,
        replaces=old,
        overrides_policy=overrides_policy,
    )
    _end(old, overlap_seconds, now)
    audit.key_rotated(
        old,
        at=now,
        actor=actor,
        successor=issued.listed.key,
        overlap_seconds=overlap_seconds,
        overridden=issued.overridden,
    )
    revocation.affects(old.org_id)
    return issued


def check_overlap(seconds: int) -> None:
    """Raises `ValidationFailed` naming `overlap_seconds`."""
    if not 0 <= seconds <= MAX_OVERLAP_SECONDS:
        raise ValidationFailed({"overlap_seconds": f"must be from 0 to {MAX_OVERLAP_SECONDS} seconds (30 days)"})


def check_idle(seconds: int | None) -> None:
    """Raises `ValidationFailed` naming `idle_seconds`."""
    if seconds is not None and not MIN_IDLE_SECONDS <= seconds <= MAX_OVERLAP_SECONDS:
        raise ValidationFailed(
            {"idle_seconds": f"must be from {MIN_IDLE_SECONDS} (1 hour) to {MAX_OVERLAP_SECONDS} seconds (30 days)"}
        )


def refuse_unrotatable(key: ApiKey, now: datetime) -> None:
    """Raises `KeyNotActive` for a key that is not active or was already rotated."""
    if status(key, now) == "suspended":
        raise KeyNotActive("This key is suspended. Resume it before you rotate it.")
    if not is_working(key, now):
        raise KeyNotActive
    if key_rotations.has_successor(key.org_id, key.id):
        raise KeyNotActive("This key was already rotated. Rotate its successor, or create a new key.")


def _end(old: ApiKey, overlap_seconds: int, now: datetime) -> None:
    if overlap_seconds == 0:
        old.revoke(now, RevocationReason.ROTATED)
    else:
        ends, old.expires_unrotated = now + timedelta(seconds=overlap_seconds), old.expires_at
        old.expires_at = ends if old.expires_at is None else min(ends, old.expires_at)
