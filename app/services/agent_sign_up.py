"""Door C: an agent signs its person up, or gets their key back, with a mailed code (seed page 002)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain import email_address, roles
from app.domain.errors import OtpExpired
from app.domain.ids import new_id
from app.domain.key_origin import KeyOrigin
from app.domain.one_time_secrets import Purpose
from app.services import audit, one_time_secrets, sign_in
from app.services.one_time_secrets import Issued
from app.services.revocation import note_change, settle
from app.services.runtime import Runtime
from app.store import keys, organizations, people
from app.store.keys import ApiKey
from app.store.people import Person
from app.store.transaction import take_turns, transaction

KEY_NAME = "Agent sign-up"


@dataclass(frozen=True, slots=True)
class SignUpResult:
    """`api_key` is not kept; the next verification derives the same one again."""

    email: str
    api_key: str
    is_new_user: bool


def request(runtime: Runtime, *, email: str, client: str) -> Issued:
    """Mails a code to whoever `SIGN_UP` lets in; others get the same answer. Raises `ValidationFailed`, `RateLimited`
    and `OtpMaxAttempts`."""
    address = email_address.normalise(email)
    with transaction():
        now = runtime.clock()
        one_time_secrets.enter(Purpose.SIGN_UP_CODE, email=address, client=client, now=now)
        person = people.by_email(address)
        return one_time_secrets.issue(
            runtime,
            Purpose.SIGN_UP_CODE,
            email=address,
            client=client,
            now=now,
            send=sign_in.may_sign_in(runtime, person, address),
            lifetime=runtime.settings.sign_up_code_lifetime,
        )


def verify(runtime: Runtime, *, email: str, code: str) -> SignUpResult:
    """The person's sign-up key for the right code: the one that they have, the very same string, or a new one. Raises
    `OtpInvalid`, `OtpExpired` and `OtpMaxAttempts`."""
    address = email_address.normalise(email)
    secret_id = one_time_secrets.try_code(runtime, Purpose.SIGN_UP_CODE, address, code)
    is_revoked = False
    with transaction():
        now = runtime.clock()
        secret = one_time_secrets.redeem(secret_id, Purpose.SIGN_UP_CODE, now)
        take_turns(f"person:{address}")
        person = people.by_email(address)
        if secret is None or not sign_in.may_sign_in(runtime, person, address):
            raise OtpExpired
        is_new = person is None
        if person is None:
            person = sign_in.sign_up(runtime, address, now)
        key = keys.current_sign_up_key(person.id, now)
        if key is not None and key.org_id not in _organizations(person, key.scopes):
            key = None  # they were taken out of its organization, where the key lives on
        plaintext = runtime.key_deriver.again(key.prefix, key.id, key.digest) if key else None
        if plaintext is None:
            if key is not None:
                _revoke_underivable(key, person, now)
                is_revoked = True
            plaintext = _new_key(runtime, person, now)
            note_change([key.org_id] if key else [])
    if is_revoked:
        settle()
    return SignUpResult(address, plaintext, is_new)


def _revoke_underivable(key: ApiKey, person: Person, now: datetime) -> None:
    """A key that no secret of ours makes any more. The new one may be of another organization of theirs."""
    organizations.lock_of(person.id, also=[key.org_id])
    key.revoked_at = now
    audit.record(
        key.org_id, at=now, action="key.revoked", actor=person.email, target=key.id, reason="cannot be derived"
    )


def _new_key(runtime: Runtime, person: Person, now: datetime) -> str:
    scopes = runtime.settings.policy.default_scopes
    org_id = next(iter(_organizations(person, scopes)), None) or sign_in.first_organization(runtime, person, now)
    key_id = new_id("key")
    minted = runtime.key_deriver.mint(runtime.settings.sign_up_key_prefix, key_id)
    keys.add(
        key_id=key_id,
        org_id=org_id,
        digest=minted.digest,
        start=minted.start,
        last4=minted.last4,
        prefix=runtime.settings.sign_up_key_prefix,
        name=KEY_NAME,
        scopes=scopes,
        created_at=now,
        created_by=person.id,
        origin=KeyOrigin.SIGN_UP.value,
    )
    audit.record(
        org_id, at=now, action="key.created", actor=person.email, target=key_id, name=KEY_NAME, scopes=list(scopes)
    )
    return minted.plaintext


def _organizations(person: Person, scopes: Sequence[str]) -> list[str]:
    """Ids of those in which the person may give a key these scopes, oldest membership first."""
    return [
        organization.id
        for organization in organizations.of_person(person.id)
        if all(roles.may_grant(organization.role, scope) for scope in scopes)
    ]
