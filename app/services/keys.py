"""Keys of an organization: create, list, revoke, rotate."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from app.domain import key_format, key_rate_limit, key_settings, networks, roles
from app.domain.errors import Forbidden, KeyAlreadyShown, KeyNotActive, NotFound, ValidationFailed
from app.domain.key_origin import KeyOrigin
from app.domain.key_rate_limit import RateLimit
from app.domain.key_verification import status
from app.domain.paging import Page
from app.domain.roles import Permission
from app.domain.times import rfc3339
from app.services import audit, organizations
from app.services.organizations import Member
from app.services.revocation import note_change, withdrawal
from app.services.runtime import Runtime
from app.store import keys
from app.store.keys import ApiKey, ListedKey
from app.store.transaction import take_turns, transaction

MAX_OVERLAP_SECONDS = 2_592_000


@dataclass(frozen=True, slots=True)
class KeyWish:
    """What somebody asks of a new key. None: the catalogue's default scopes; no expiry; no limit."""

    name: str
    scopes: Sequence[str] | None = None
    expires_at: datetime | None = None
    expires_in_days: int | None = None
    #: The form that asks, so that sending it twice makes one key.
    submission_id: str | None = None
    rate_limit: RateLimit | None = None
    #: CIDR. Empty: from anywhere.
    networks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """`plaintext` leaves Keydesk here and is never seen again."""

    plaintext: str
    listed: ListedKey


def page(member: Member, *, limit: int, cursor: str | None = None) -> Page[ListedKey]:
    """Newest first."""
    return keys.page(member.org_id, limit=limit, cursor=cursor)


def get(member: Member, key_id: str) -> ListedKey:
    """Raises `NotFound`."""
    found = keys.get(member.org_id, key_id)
    if found is None:
        raise NotFound
    return found


def create(runtime: Runtime, member: Member, wish: KeyWish, *, origin: KeyOrigin = KeyOrigin.DASHBOARD) -> IssuedKey:
    """A new key; its origin decides the prefix.

    Raises `ValidationFailed`, `UnknownScope`, `Forbidden` and `KeyAlreadyShown`.
    """
    with transaction():
        return issue_within(runtime, member, wish, runtime.clock(), origin=origin)


def issue_within(runtime: Runtime, member: Member, wish: KeyWish, now: datetime, *, origin: KeyOrigin) -> IssuedKey:
    """As `create`, inside the caller's transaction."""
    name = key_settings.clean_name(wish.name)
    scopes = grantable(runtime, member, wish.scopes)
    expires_at = key_settings.expiry(now, expires_at=wish.expires_at, expires_in_days=wish.expires_in_days)
    limit, places = key_rate_limit.checked(wish.rate_limit), networks.parse(wish.networks)
    _refuse_second_submission(member.org_id, wish.submission_id)
    issued = _issue(
        member.org_id,
        now,
        created_by=member.person_id,
        email=member.email,
        prefix=_prefix(runtime, origin),
        origin=origin.value,
        name=name,
        scopes=scopes,
        expires_at=expires_at,
        submission_id=wish.submission_id,
        rate_limit=limit,
        networks=places,
    )
    _record(
        member,
        now,
        "key.created",
        issued.listed.key,
        scopes=list(scopes),
        expires_at=_wire(expires_at),
        rate_limit=asdict(limit) if limit else None,
        networks=list(places),
    )
    return issued


def issue_offline(
    runtime: Runtime,
    org_id: str,
    now: datetime,
    *,
    origin: KeyOrigin,
    **values: Any,
) -> IssuedKey:
    """A key that no person made: by an operator, or a test token. `values`: columns. Call it inside a transaction."""
    issued = _issue(
        org_id,
        now,
        created_by=None,
        email=None,
        prefix=_prefix(runtime, origin),
        origin=origin.value,
        **values,
    )
    key = issued.listed.key
    audit.record(
        org_id, at=now, action="key.created", actor=origin.value, target=key.id, name=key.name, scopes=list(key.scopes)
    )
    return issued


def revoke(runtime: Runtime, member: Member, key_id: str) -> ListedKey:
    """Ends the key at once; doing it again changes nothing. Raises `NotFound`, `Forbidden` and `Busy`."""
    with withdrawal(runtime):
        found = manageable(member, key_id)
        if found.key.revoked_at is None:
            now = runtime.clock()
            found.key.revoked_at = now
            _record(member, now, "key.revoked", found.key)
            note_change([member.org_id])
    return found


def rotate(
    runtime: Runtime, member: Member, key_id: str, *, overlap_seconds: int = 0, submission_id: str | None = None
) -> IssuedKey:
    """A successor with the same name, scopes and expiry. The old key dies after the overlap, never later than it would
    have. Raises `NotFound`, `Forbidden`, `KeyNotActive`, `ValidationFailed`, `KeyAlreadyShown` and `Busy`."""
    with ending(runtime, overlap_seconds):
        old = manageable(member, key_id).key
        _refuse_second_submission(member.org_id, submission_id)
        now = runtime.clock()
        if status(expires_at=old.expires_at, revoked_at=old.revoked_at, now=now) in {"revoked", "expired"}:
            raise KeyNotActive
        grantable(runtime, member, old.scopes)
        issued = _issue(
            member.org_id,
            now,
            created_by=member.person_id,
            email=member.email,
            prefix=old.prefix,
            origin=KeyOrigin.DASHBOARD.value if old.origin == KeyOrigin.SIGN_UP else old.origin,
            submission_id=submission_id,
            **settings_of(old),
        )
        end_after(old, overlap_seconds, now)
        successor = issued.listed.key.id
        _record(member, now, "key.rotated", old, successor=successor, overlap_seconds=overlap_seconds)
        note_change([old.org_id])
    return issued


def ending(runtime: Runtime, overlap_seconds: int) -> AbstractContextManager[None]:
    """The transaction of a rotation. Raises `ValidationFailed` and `Busy`."""
    if not 0 <= overlap_seconds <= MAX_OVERLAP_SECONDS:
        raise ValidationFailed({"overlap_seconds": f"must be from 0 to {MAX_OVERLAP_SECONDS} seconds (30 days)"})
    # A record that any process may still hold lives shorter than two seconds.
    return withdrawal(runtime, at_once=overlap_seconds < 2)


def end_after(old: ApiKey, overlap_seconds: int, now: datetime) -> None:
    """The old key of a rotation dies after the overlap, never later than it would have. Raises `KeyNotActive`."""
    if overlap_seconds == 0:
        old.revoked_at = now
    else:
        ends = now + timedelta(seconds=overlap_seconds)
        old.expires_at = ends if old.expires_at is None else min(ends, old.expires_at)


def settings_of(old: ApiKey) -> dict[str, Any]:
    """What a successor has in common with the key that it replaces. Raises `KeyNotActive` when it has one already."""
    if keys.has_successor(old.id):
        raise KeyNotActive("This key was rotated already. Rotate its successor, or create a new key.")
    return {
        "rotated_from": old.id,
        "name": old.name,
        "scopes": old.scopes,
        "expires_at": old.expires_at,
        "networks": old.networks,
        "rate_requests": old.rate_requests,
        "rate_seconds": old.rate_seconds,
    }


def page_of_person(runtime: Runtime, person_id: str, *, limit: int, cursor: str | None) -> Page[ListedKey]:
    """Working keys of all the person's organizations, newest first."""
    return keys.page_of_person(person_id, now=runtime.clock(), limit=limit, cursor=cursor)


def member_for_key(person_id: str, email: str, key_id: str) -> Member:
    """The person as a member of the key's organization. Raises `NotFound` to outsiders."""
    org_id = keys.organization_of(key_id)
    if org_id is None:
        raise NotFound
    return organizations.member(person_id, email, org_id, Permission.READ_KEYS)


def _prefix(runtime: Runtime, origin: KeyOrigin) -> str:
    prefixes = {
        KeyOrigin.AGENT: runtime.settings.agent_key_prefix,
        KeyOrigin.DEVICE: runtime.settings.agent_key_prefix,
        KeyOrigin.SIGN_UP: runtime.settings.sign_up_key_prefix,
        KeyOrigin.TEST: runtime.settings.test_key_prefix,
    }
    return prefixes.get(origin, runtime.settings.key_prefix)


def _issue(org_id: str, now: datetime, *, prefix: str, email: str | None, **values: Any) -> IssuedKey:
    minted = key_format.mint(prefix)
    key = keys.add(
        org_id=org_id,
        digest=minted.digest,
        start=minted.start,
        last4=minted.last4,
        prefix=prefix,
        created_at=now,
        **values,
    )
    return IssuedKey(minted.plaintext, ListedKey(key, email))


def grantable(runtime: Runtime, member: Member, wanted: Sequence[str] | None) -> tuple[str, ...]:
    """The scopes that this member may give, without repetitions; None asks for the default ones.

    Raises `ValidationFailed`, `UnknownScope` and `Forbidden`.
    """
    policy = runtime.settings.policy
    scopes = policy.default_scopes if wanted is None else tuple(dict.fromkeys(wanted))
    if not scopes:
        raise ValidationFailed({"scopes": f"choose at least one of: {', '.join(policy.scopes)}"})
    policy.check_known(scopes)
    for scope in scopes:
        if not roles.may_grant(member.role, scope):
            raise Forbidden(f"Your role ({member.role.value}) may not give a key the scope {scope}.")
    return scopes


def manageable(member: Member, key_id: str, *, lock: bool = True) -> ListedKey:
    """A key that this member may change; `lock` holds it until the transaction ends. Raises `NotFound` and
    `Forbidden`."""
    found = (keys.locked if lock else keys.get)(member.org_id, key_id)
    if found is None:
        raise NotFound
    if not roles.may_manage_key(member.role, created_it=found.key.created_by == member.person_id):
        raise Forbidden("Your role lets you change only the keys that you created. Ask an owner or admin.")
    return found


def _refuse_second_submission(org_id: str, submission_id: str | None) -> None:
    if submission_id is not None:
        take_turns(f"submission:{org_id}:{submission_id}")
        made = keys.by_submission(org_id, submission_id)
        if made is not None:
            raise KeyAlreadyShown(key_id=made)


def _record(member: Member, now: datetime, action: str, key: ApiKey, **details: Any) -> None:
    audit.record(
        member.org_id,
        at=now,
        action=action,
        actor=member.email,
        target=key.id,
        name=key.name,
        start=key.start,
        **details,
    )


def _wire(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
