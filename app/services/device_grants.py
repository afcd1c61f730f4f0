"""Device authorization (RFC 8628): an agent shows a code; its person signs in, types the code and approves."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app.domain import device_user_code, name_rules
from app.domain.errors import DomainError, NotFound
from app.domain.key_origin import KeyOrigin
from app.domain.key_settings import KeySettings
from app.domain.secret import Secret
from app.services import audit, key_policy, key_quotas, keys, organizations, sign_in_limits
from app.services.organizations import Member
from app.services.runtime import Runtime
from app.services.sign_in_limits import Attempt
from app.store import device_grants, memberships, people
from app.store.device_grants import APPROVED, DENIED, DeviceGrant
from app.store.transaction import transaction

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
LIFETIME = timedelta(minutes=10)
INTERVAL_SECONDS = 5
#: Instead of a number of days: the key does not expire.
NEVER = 0
#: How much too early a poll may come: a client's timer and the network are never exact.
GRACE = timedelta(seconds=1)
#: The same whatever is the reason: which one it is would tell strangers about codes of others.
NOBODY_WAITS = (
    "No agent is waiting with this code. Either it was mistyped, or it was used already, or its"
    f" {LIFETIME // timedelta(minutes=1)} minutes are over. Compare it with the code that your agent shows, or ask the"
    " agent for a new one."
)


PollError = Literal["invalid_grant", "authorization_pending", "slow_down", "access_denied", "expired_token"]


class DeviceError(Exception):
    """What a poll gets instead of a key: an error code of RFC 6749 5.2 or RFC 8628 3.5."""

    def __init__(self, error: PollError) -> None:
        self.error = error
        super().__init__(error)


@dataclass(frozen=True, slots=True)
class DeviceAuthorization:
    """The device authorization response (RFC 8628 3.2). Only hashes of the codes are stored. Times are in seconds."""

    device_code: Secret
    user_code: Secret
    expires_in: int
    interval: int


@dataclass(frozen=True, slots=True)
class DeviceKey:
    access_token: Secret
    scopes: tuple[str, ...]
    #: In how many seconds it expires. None: it does not.
    expires_in: int | None


def authorize(
    runtime: Runtime, *, client_name: str, scopes: Sequence[str], client: str, address: str
) -> DeviceAuthorization:
    """Starts a device authorization. `client`: who asks, as limits count clients; `address`: as the person is shown it.

    Raises `ValidationFailed`, `UnknownScope` and `RateLimited`.
    """
    name = name_rules.cleaned(client_name)
    policy = runtime.settings.policy
    wanted = tuple(dict.fromkeys(scopes)) or policy.default_scopes
    policy.check_known(wanted)
    device_code, code = secrets.token_urlsafe(32), device_user_code.make()
    with transaction():
        now = runtime.clock()
        sign_in_limits.take(Attempt.DEVICE_CODE, client=client, now=now)
        device_grants.add(
            device_digest=_digest(device_code),
            user_digest=_digest(code),
            client_name=name,
            address=address,
            scopes=wanted,
            created_at=now,
            expires_at=now + LIFETIME,
            interval=INTERVAL_SECONDS,
        )
    return DeviceAuthorization(Secret(device_code), Secret(code), int(LIFETIME.total_seconds()), INTERVAL_SECONDS)


def find(runtime: Runtime, typed: str, *, email: str, client: str) -> DeviceGrant:
    """The pending grant with the user code that the person with this email address typed. Raises `NotFound`, and
    `RateLimited` after too many wrong codes."""
    with transaction():
        grant = _typed(runtime, typed, email, client)
    if grant is None:
        raise NotFound(NOBODY_WAITS)
    return grant


def approve(
    runtime: Runtime, member: Member, typed: str, scopes: Sequence[str], *, client: str, days: int | None = None
) -> DeviceGrant:
    """Allows the agent a key of the member's organization, with those of `scopes` that it asked for. `days`: until the
    key expires; `NEVER`: it does not; None: as the organization's policy for its keys says.

    Raises `NotFound`, `ValidationFailed`, `Forbidden`, `OutsideKeyPolicy` and `RateLimited`.
    """
    with transaction():
        member = organizations.still_member(member)
        grant = _typed(runtime, typed, member.email, client)
        if grant is not None:
            _approve(runtime, member, grant, scopes, days)
    if grant is None:
        raise NotFound(NOBODY_WAITS)
    return grant


def approved(person_id: str, grant_id: str) -> DeviceGrant:
    """What the person approved; its `key_id` is the key once the agent has it. Raises `NotFound`."""
    grant = device_grants.approved_by(grant_id, person_id)
    if grant is None:
        raise NotFound
    return grant


def deny(runtime: Runtime, typed: str, *, person_id: str, email: str, client: str) -> None:
    """Denies the agent a key. Raises `NotFound` and `RateLimited`."""
    with transaction():
        grant = _typed(runtime, typed, email, client)
        if grant is not None:
            grant.decision, grant.decided_by = DENIED, person_id
    if grant is None:
        raise NotFound(NOBODY_WAITS)


def poll(runtime: Runtime, device_code: str) -> DeviceKey:
    """The key, as soon as the person has approved; only one poll gets it. Raises `DeviceError`."""
    error: PollError
    with transaction():
        now = runtime.clock()
        grant = device_grants.polled(_digest(device_code))
        if grant is None or grant.used_at is not None:
            error = "invalid_grant"
        elif grant.expires_at <= now:
            error = "expired_token"
        elif grant.decision == DENIED:
            error = "access_denied"
        elif grant.decision == APPROVED:
            return _key_for(runtime, grant)
        elif _is_too_soon(grant, now):
            # RFC 8628 3.5: the client now waits five seconds longer. Nothing moves here, so that a client that was
            # restarted, or polls twice, is not refused for ever.
            error = "slow_down"
        else:
            grant.polled_at = now
            error = "authorization_pending"
    raise DeviceError(error)


def _is_too_soon(grant: DeviceGrant, now: datetime) -> bool:
    return grant.polled_at is not None and now - grant.polled_at < timedelta(seconds=grant.interval) - GRACE


def _typed(runtime: Runtime, typed: str, email: str, client: str) -> DeviceGrant | None:
    """The pending grant with this user code, locked. A wrong code is counted as an attempt, so the transaction must be
    committed before an error is raised. What cannot be a code is no attempt."""
    now = runtime.clock()
    sign_in_limits.check(Attempt.DEVICE_GUESS, email=email, client=client, now=now)
    code = device_user_code.normalise(typed)
    if code is None:
        return None
    grant = device_grants.waiting(_digest(code), now)
    if grant is None:
        sign_in_limits.count(Attempt.DEVICE_GUESS, email=email, client=client, now=now)
    return grant


def _approve(runtime: Runtime, member: Member, grant: DeviceGrant, scopes: Sequence[str], days: int | None) -> None:
    now = runtime.clock()
    ending = _ending(days, now)
    wanted = KeySettings(scopes=[scope for scope in scopes if scope in grant.scopes], **ending)
    granted = tuple(keys.checked(runtime, wanted, now)["scopes"])
    keys.refuse_ungrantable(runtime, member, granted)
    # The key is made later, but only now somebody can be told.
    key_quotas.refuse_over(runtime, member.org_id, member.person_id, now)
    key_policy.enforce(runtime, member.org_id, KeySettings(scopes=granted, **ending), role=member.role)
    grant.decision, grant.decided_by = APPROVED, member.person_id
    grant.org_id, grant.scopes, grant.key_days = member.org_id, granted, days
    audit.device_approved(member.org_id, at=now, actor=member.email, grant=grant, scopes=granted)


def _ending(days: int | None, now: datetime) -> KeySettings:
    if days is None:
        return KeySettings()
    return KeySettings(expires_at=None if days == NEVER else now + timedelta(days=days))


def _key_for(runtime: Runtime, grant: DeviceGrant) -> DeviceKey:
    """The key with the approved scopes. What its person may grant is checked again: they may have left the organization
    since, or have another role."""
    now = runtime.clock()
    person = people.get(grant.decided_by or "")
    organization = memberships.seen_by(grant.decided_by or "", grant.org_id or "")
    if person is None or person.disabled_at is not None or organization is None:
        raise DeviceError("access_denied")
    if not device_grants.use_up(grant.id, now):
        raise DeviceError("invalid_grant")
    member = Member(person.id, person.email, organization.id, organization.name, organization.role)
    settings = KeySettings(name=grant.client_name, scopes=grant.scopes, **_ending(grant.key_days, now))
    try:
        issued = keys.create_within(runtime, member, settings, now, origin=KeyOrigin.DEVICE)
    except DomainError:
        raise DeviceError("access_denied") from None
    grant.key_id = issued.listed.key.id
    expires_at = issued.listed.key.expires_at
    expires_in = int((expires_at - now).total_seconds()) if expires_at else None
    return DeviceKey(issued.plaintext, grant.scopes, expires_in)


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()
