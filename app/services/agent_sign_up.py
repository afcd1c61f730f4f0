"""Agent sign-up: in exchange for a mailed code, an agent signs its person up, or gets the person's key again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple

from app.domain import email_address, member_roles
from app.domain.errors import Forbidden, OtpExpired
from app.domain.key_origin import KeyOrigin
from app.domain.key_settings import KeySettings
from app.domain.member_roles import Role
from app.domain.one_time_secrets import Purpose
from app.domain.revocation_reason import RevocationReason
from app.domain.secret import Secret
from app.services import (
    audit,
    code_attempts,
    key_policy,
    key_quotas,
    new_organization,
    one_time_secrets,
    sign_in,
)
from app.services.key_owners import Owner
from app.services.keys import issue
from app.services.one_time_secrets import Issued
from app.services.outbox import UNKNOWN, Asker
from app.services.revocation_barrier import Revocation, seldom_revoking
from app.services.runtime import Runtime
from app.store import keys, memberships, people, sign_up_keys
from app.store.keys import ApiKey
from app.store.people import Person
from app.store.transaction import take_turns

KEY_NAME = "Agent sign-up"


@dataclass(frozen=True, slots=True)
class SignUpResult:
    """`api_key` is not stored; the next verified code derives the same key again."""

    email: str
    api_key: Secret
    is_new_user: bool
    #: None: the key does not expire.
    expires_at: datetime | None


class _Given(NamedTuple):
    """A key that the person gets, and when it expires."""

    plaintext: Secret
    expires_at: datetime | None


def request(runtime: Runtime, *, email: str, client: str, asker: Asker = UNKNOWN) -> Issued:
    """Mails a code to an address that may sign in; the response is the same for any other. Raises `ValidationFailed`,
    `RateLimited` and `OtpMaxAttempts`."""
    may_receive = partial(sign_in.may_sign_in, runtime)
    return one_time_secrets.request(
        runtime, Purpose.SIGN_UP_CODE, email=email, client=client, may_receive=may_receive, asker=asker
    )


def verify(runtime: Runtime, *, email: str, code: str) -> SignUpResult:
    """The person's sign-up key, in exchange for the right code: the same string as before while that key is active, its
    successor once it is rotated, else a new key. Raises `OtpInvalid`, `OtpExpired` and `OtpMaxAttempts`; `TooManyKeys`,
    `RateLimited`, `OutsideKeyPolicy` and `Forbidden` (they are in no organization, and may not have one of their own)
    leave the code as it was."""
    address = email_address.normalise(email)
    secret_id = code_attempts.try_code(runtime, Purpose.SIGN_UP_CODE, address, code)
    with seldom_revoking() as revocation:
        now = runtime.clock()
        secret = one_time_secrets.redeem(secret_id, Purpose.SIGN_UP_CODE, now)
        take_turns(f"person:{address}")
        person = people.locked_by_email(address)
        if secret is None or not sign_in.may_sign_in(runtime, person, address):
            raise OtpExpired
        is_new = person is None
        if person is not None:
            memberships.lock_of_person(person.id)
        if person is None:
            person = sign_in.sign_up(runtime, address, now)
        plaintext, expires_at = _current_key(runtime, person, revocation, now) or _new_key(runtime, person, now)
    return SignUpResult(address, plaintext, is_new, expires_at)


def _current_key(runtime: Runtime, person: Person, revocation: Revocation, now: datetime) -> _Given | None:
    """The person's active sign-up key, the newest if they have several, or None. Newer ones whose secret is gone are
    revoked, so that none of them works beside the key that the person gets."""
    locked: set[str] = set()
    while True:
        current = _current_keys(runtime, person, now)
        key = next((key for key in current if key.id not in locked), None)
        plaintext = runtime.key_deriver.again(key.prefix, key.id, key.digest) if key else None
        if key is None or plaintext is not None:
            break
        # Somebody may be rotating it: once it is locked, all is read again, and its successor is the current key. Rows
        # of keys are locked before turns and organizations, as a rotation does.
        keys.locked(key.org_id, key.id)
        locked.add(key.id)
    revocation.nothing_changed()
    if underivable := [key for key in current if key.id in locked]:
        _revoke_underivable(underivable, person, revocation, now)
    return _Given(plaintext, key.expires_at) if key and plaintext else None


def _current_keys(runtime: Runtime, person: Person, now: datetime) -> list[ApiKey]:
    """Newest first. A key stays active when its person leaves the organization, but they do not get it again."""
    current = sign_up_keys.current(person.id, now)
    return [key for key in current if key.org_id in _organizations(runtime, person, key.scopes)]


def _revoke_underivable(lost: Sequence[ApiKey], person: Person, revocation: Revocation, now: datetime) -> None:
    key_quotas.take_turn(person.id)
    # The new key may belong to another of their organizations, so all of them are locked here, in the usual order.
    memberships.lock_organizations(person.id, also=[key.org_id for key in lost])
    for key in lost:
        key.revoke(now, RevocationReason.UNDERIVABLE)
        audit.key_revoked(key, at=now, actor=person.email, reason="cannot be derived")
    revocation.affects(*(key.org_id for key in lost))


def _new_key(runtime: Runtime, person: Person, now: datetime) -> _Given:
    """Raises `OutsideKeyPolicy` if no organization of theirs lets them give any of the default scopes."""
    org_id, role = _organization_of_new_key(runtime, person) or (
        _own_organization(runtime, person, now),
        Role.OWNER,
    )
    key_quotas.refuse_over(runtime, org_id, person.id, now)
    issued = issue(
        runtime,
        org_id,
        KeySettings(name=KEY_NAME),
        now,
        role=role,
        origin=KeyOrigin.SIGN_UP,
        created_by=person.id,
        email=person.email,
        owner=Owner(person.id, person.email),
    )
    audit.key_created(issued.listed.key, at=now, actor=person.email)
    return _Given(issued.plaintext, issued.listed.key.expires_at)


def _own_organization(runtime: Runtime, person: Person, now: datetime) -> str:
    is_in_none = not memberships.of_person(person.id)
    if is_in_none and not new_organization.may_create(runtime, person.email):
        raise Forbidden("You are in no organization. Sign in, join one that invites you, and ask for a new code.")
    return new_organization.first_organization(runtime, person, now)


def _organization_of_new_key(runtime: Runtime, person: Person) -> tuple[str, Role] | None:
    """Rather one whose policy leaves them some of the default scopes. None: their roles give none anywhere."""
    catalogue = runtime.settings.policy
    theirs = _organizations(runtime, person, catalogue.default_scopes)
    admitting = {
        org_id: role
        for org_id, role in theirs.items()
        if not set(catalogue.default_scopes).issubset(key_policy.of(org_id).not_given_by(role, catalogue))
    }
    return next(iter((admitting or theirs).items()), None)


def _organizations(runtime: Runtime, person: Person, scopes: Sequence[str]) -> dict[str, Role]:
    """IDs of the organizations in which the person's role may give a key these scopes, whatever the policies of the
    organizations say, and the roles; oldest membership first."""
    return {
        organization.id: organization.role
        for organization in memberships.of_person(person.id)
        if all(member_roles.may_grant(organization.role, runtime.settings.policy.granted([scope])) for scope in scopes)
    }
