"""Door D: what operators do offline with keys, organizations and members (seed page 001)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.domain import email_address, key_format, key_rate_limit, networks
from app.domain.errors import DomainError, NotFound
from app.domain.key_origin import Door
from app.domain.key_rate_limit import RateLimit
from app.domain.key_settings import clean_name, expiry
from app.domain.roles import Role
from app.services import audit, key_settings, keys
from app.services.key_settings import UNCHANGED, KeyChange
from app.services.keys import IssuedKey
from app.services.revocation import note_change, withdrawal
from app.services.runtime import Desk
from app.store import keys as key_store
from app.store import organizations, people
from app.store.keys import ApiKey, WorkingKey
from app.store.organizations import MemberRow, Organization
from app.store.transaction import transaction

ACTOR = "operator"
DEFAULT_NAME = "API key"
SHOWN = key_format.SHOWN_AFTER_PREFIX


class NoSingleMatch(DomainError):
    """None or several; `matches` lists those that there are."""

    error_code = "NO_SINGLE_MATCH"

    def __init__(self, message: str, matches: Sequence[ApiKey]) -> None:
        self.matches = matches
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class OperatorsWish:
    name: str = DEFAULT_NAME
    #: Id or name. None: the single organization if there is one, else the operators' own.
    org: str | None = None
    scopes: Sequence[str] = ()
    expires_in_days: int | None = None
    #: None: as many requests as it likes.
    rate: RateLimit | None = None
    #: CIDR. Empty: from anywhere.
    networks: Sequence[str] = ()


def create_key(desk: Desk, wish: OperatorsWish) -> IssuedKey:
    """Raises `ValidationFailed`, `UnknownScope` and `NotFound`."""
    name = clean_name(wish.name)
    scopes = _known(desk, wish.scopes) or desk.settings.policy.default_scopes
    limit, places = key_rate_limit.checked(wish.rate), networks.parse(wish.networks)
    with transaction():
        now = desk.clock()
        expires_at = expiry(now, expires_at=None, expires_in_days=wish.expires_in_days)
        if wish.org is not None:
            organization = _organization(wish.org)
        else:
            organization = organizations.only() or organizations.operators(now)
        return keys.issue_offline(
            desk,
            organization.id,
            now,
            door=Door.OPERATOR,
            name=name,
            scopes=scopes,
            expires_at=expires_at,
            rate_limit=limit,
            networks=places,
        )


def working_keys(desk: Desk) -> Iterator[WorkingKey]:
    """Of all organizations, oldest first, read as they are asked for."""
    return key_store.working(desk.clock())


def revoke_key(desk: Desk, prefix: str) -> ApiKey:
    """Raises `NoSingleMatch`; then nothing is revoked."""
    with withdrawal(desk):
        now = desk.clock()
        key = _single_match(desk, prefix)
        key.revoked_at = now
        audit.record(
            key.org_id, at=now, action="key.revoked", actor=ACTOR, target=key.id, name=key.name, start=key.start
        )
        note_change([key.org_id])
    return key


def change_key(desk: Desk, prefix: str, wanted: KeyChange) -> ApiKey:
    """The next verification anywhere goes by it.

    Raises `NoSingleMatch`, `ValidationFailed`, `UnknownScope` and `KeyNotActive`; then nothing is changed.
    """
    with withdrawal(desk):
        key = _single_match(desk, prefix)
        if wanted.scopes is not UNCHANGED:
            wanted = replace(wanted, scopes=_known(desk, wanted.scopes))
        key_settings.change_within(desk, key, wanted, actor=ACTOR)
    return key


def rotate_key(desk: Desk, prefix: str, overlap_seconds: int) -> IssuedKey:
    """A successor; the old key dies after the overlap. Raises `NoSingleMatch` and `ValidationFailed`."""
    with keys.ending(desk, overlap_seconds):
        now = desk.clock()
        old = _single_match(desk, prefix)
        issued = keys.issue_offline(desk, old.org_id, now, door=Door.OPERATOR, **keys.settings_of(old))
        keys.end_after(old, overlap_seconds, now)
        successor = issued.listed.key.id
        audit.record(
            old.org_id, at=now, action="key.rotated", actor=ACTOR, target=old.id, name=old.name, successor=successor
        )
        note_change([old.org_id])
    return issued


def all_organizations() -> Sequence[Organization]:
    return organizations.all_of_them()


def create_organization(desk: Desk, name: str) -> Organization:
    """Raises `ValidationFailed` naming `name`."""
    name = clean_name(name)
    with transaction():
        now = desk.clock()
        organization = organizations.add(name, now)
        audit.record(organization.id, at=now, action="organization.created", actor=ACTOR, target=organization.id)
    return organization


def organization(org: str) -> Organization:
    """By id, or by a name that only one has. Raises `NotFound`."""
    return _organization(org)


def set_organization_disabled(desk: Desk, org: str, *, disabled: bool) -> Organization:
    """All its keys refuse from now on, or work again. Raises `NotFound`."""
    with withdrawal(desk):
        now = desk.clock()
        found = _organization(org)
        if (found.disabled_at is not None) != disabled:
            found.disabled_at = now if disabled else None
            action = "organization.disabled" if disabled else "organization.enabled"
            audit.record(found.id, at=now, action=action, actor=ACTOR, target=found.id)
            note_change([found.id])
    return found


def members(org: str) -> Sequence[MemberRow]:
    """Raises `NotFound`."""
    return organizations.members(_organization(org).id)


def add_member(desk: Desk, org: str, email: str, role: Role) -> None:
    """Makes somebody a member, or changes the role that they have; somebody new may then sign in whatever `SIGN_UP`
    says. Raises `NotFound` and `ValidationFailed`."""
    address = email_address.normalise(email)
    with withdrawal(desk):
        now = desk.clock()
        found = _organization(org)
        person = people.by_email(address) or people.add(address, now)
        organizations.put_member(found.id, person.id, role, now)
        audit.record(
            found.id, at=now, action="member.added", actor=ACTOR, target=person.id, email=address, role=role.value
        )
        note_change([found.id])


def remove_member(desk: Desk, org: str, email: str) -> None:
    """Raises `NotFound`."""
    address = email_address.normalise(email)
    with withdrawal(desk):
        found = _organization(org)
        person = people.by_email(address)
        if person is None or not organizations.remove_member(found.id, person.id):
            raise NotFound(f"{address} is no member of {found.name}.")
        audit.record(found.id, at=desk.clock(), action="member.removed", actor=ACTOR, target=person.id, email=address)
        note_change([found.id])


def set_person_disabled(desk: Desk, email: str, *, disabled: bool) -> None:
    """Their sessions, session tokens and sign-up keys refuse, or work again. Raises `NotFound`."""
    address = email_address.normalise(email)
    with withdrawal(desk):
        now = desk.clock()
        person = people.by_email(address)
        if person is None:
            raise NotFound(f"Nobody has the address {address}.")
        if (person.disabled_at is not None) == disabled:
            return
        person.disabled_at = now if disabled else None
        concerned = organizations.lock_of(person.id, also=key_store.organizations_with_sign_up_keys(person.id))
        for found in organizations.of_person(person.id):
            action = "member.disabled" if disabled else "member.enabled"
            audit.record(found.id, at=now, action=action, actor=ACTOR, target=person.id, email=address)
        note_change(concerned)


def _known(desk: Desk, scopes: Sequence[str]) -> tuple[str, ...]:
    """Without repetitions. Raises `UnknownScope`."""
    desk.settings.policy.check_known(scopes)
    return tuple(dict.fromkeys(scopes))


def _organization(org: str) -> Organization:
    matches = organizations.by_id_or_name(org)
    if len(matches) != 1:
        found = "Several organizations have this name; use an id." if matches else "There is no such organization."
        raise NotFound(f"{org}: {found} See: orgs list")
    return matches[0]


def _single_match(desk: Desk, prefix: str) -> ApiKey:
    """A working key by how it begins, with or without the prefix of its kind; at least 8 characters after it."""
    if key_format.is_well_formed(prefix):
        matches = key_store.working_by_digest(key_format.digest(prefix), desk.clock())
    else:
        matches = key_store.working_by_start(_starts(desk, prefix), desk.clock())
    if len(matches) != 1:
        what = "Several working keys begin" if matches else "No working key begins"
        raise NoSingleMatch(f"{what} with {prefix}; nothing was changed.", matches)
    return matches[0]


def _starts(desk: Desk, prefix: str) -> list[str]:
    settings = desk.settings
    kinds = [
        settings.key_prefix,
        settings.agent_key_prefix,
        settings.sign_up_key_prefix,
        settings.test_key_prefix,
    ]
    starts = [prefix[: len(kind) + SHOWN] for kind in kinds if prefix.startswith(kind)]
    starts = [start for start in starts if any(len(start) == len(kind) + SHOWN for kind in kinds)]
    if len(prefix) >= SHOWN:
        starts += [kind + prefix[:SHOWN] for kind in kinds]
    if not starts:
        raise NoSingleMatch(f"{prefix} is too short: give at least {SHOWN} characters after the key's prefix.", [])
    return starts
