"""What operators do with keys on the command line."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from app.domain import email_address, imported_keys, key_format
from app.domain.errors import DomainError, NotFound, ValidationFailed
from app.domain.key_origin import KeyOrigin
from app.domain.key_settings import KeySettings
from app.domain.revocation_reason import RevocationReason
from app.services import audit, key_rotation, key_settings, keys, operator_organizations, rotation_overlap
from app.services.keys import IssuedKey
from app.services.operator_organizations import ACTOR
from app.services.revocation_barrier import revoking
from app.services.runtime import Runtime
from app.store import operator_keys, organizations, people
from app.store.key_conditions import ORGANIZATION
from app.store.keys import ApiKey
from app.store.operator_keys import WorkingKey
from app.store.transaction import transaction

DEFAULT_NAME = "API key"
SHOWN = key_format.SHOWN_AFTER_PREFIX


class NoSingleMatch(DomainError):
    """No key matches, or several do; `matches` lists them."""

    error_code = "NO_SINGLE_MATCH"

    def __init__(self, message: str, matches: Sequence[ApiKey]) -> None:
        self.matches = matches
        super().__init__(message)


def create_key(
    runtime: Runtime, settings: KeySettings, *, org: str | None = None, overrides_policy: bool = False
) -> IssuedKey:
    """A new key. `org`: an ID or a name. None: the only organization if there is just one, else the operators' own.
    `overrides_policy`: whatever the organization's policy for its keys says.

    Raises `ValidationFailed`, `UnknownScope` and `NotFound`.
    """
    with transaction():
        now = runtime.clock()
        if org is not None:
            organization = operator_organizations.locked_organization(org)
        else:
            organization = organizations.only() or organizations.operators(now)
        named = KeySettings(name=DEFAULT_NAME) | settings
        return keys.create_without_person(
            runtime, organization.id, named, now, origin=KeyOrigin.OPERATOR, overrides_policy=overrides_policy
        )


def working_keys(runtime: Runtime, owner: str | None = None) -> Iterator[WorkingKey]:
    """The active keys of all organizations, oldest first, read from the database while they are consumed. `owner`: the
    ID or the email address of a person whom they belong to, or `ORGANIZATION`: to none. Raises `NotFound`."""
    return operator_keys.working(runtime.clock(), None if owner is None else _owner_named(owner))


def _owner_named(named: str) -> str:
    if named == ORGANIZATION:
        return ORGANIZATION
    with suppress(ValidationFailed):
        named = email_address.normalise(named)
    person = people.get(named) or people.by_email(named)
    if person is None:
        raise NotFound(
            f"There is no person with the ID or email address {_without_secret(named)}."
            f" For keys that belong to no person, say {ORGANIZATION}."
        )
    return person.id


def revoke_key(runtime: Runtime, prefix: str, *, leaked: bool = False, final: bool = False) -> ApiKey:
    """Revokes the active key that starts with `prefix`, so that no member can undo it. With `leaked` or `final`, a key
    that is revoked already can be named, too, by its ID or as a whole: no member can undo that any more.

    Raises `NoSingleMatch`; nothing is revoked then.
    """
    reason = RevocationReason.LEAKED if leaked else RevocationReason.OPERATOR
    with revoking(runtime) as revocation:
        now = runtime.clock()
        key = _revoked(prefix) if leaked or final else None
        if key is None:
            key = _single_match(runtime, prefix)
            key.revoke(now, reason)
            audit.key_revoked(key, at=now, actor=ACTOR, reason=reason.value if leaked else None)
            revocation.affects(key.org_id)
            return key
        if key.revoked_reason == RevocationReason.BY_HAND or (leaked and key.revoked_reason != reason):
            key.revoked_by, key.revoked_reason = None, reason.value
            audit.key_revoked(key, at=now, actor=ACTOR, reason=reason.value)
        revocation.nothing_changed()
    return key


def change_key(runtime: Runtime, prefix: str, wanted: KeySettings, *, overrides_policy: bool = False) -> ApiKey:
    """Changes the active key that starts with `prefix`. Every verification that begins after this returns uses the new
    settings.

    Raises `NoSingleMatch`, `ValidationFailed`, `UnknownScope` and `KeyNotActive`; nothing is changed then.
    """
    with revoking(runtime) as revocation:
        key = _single_match(runtime, prefix)
        checked = key_settings.checked_change(runtime, key, wanted, runtime.clock())
        key_settings.apply(
            runtime,
            key,
            checked,
            revocation,
            actor=ACTOR,
            role=None,
            sets_bounds=True,
            overrides_policy=overrides_policy,
        )
    return key


def rotate_key(
    runtime: Runtime,
    prefix: str,
    overlap_seconds: int,
    idle_seconds: int | None = None,
    *,
    overrides_policy: bool = False,
) -> IssuedKey:
    """A successor of the active key that starts with `prefix`, which stops working after the overlap, or once nobody
    has used it for `idle_seconds`. Raises `NoSingleMatch`, `ValidationFailed` and `KeyNotActive`."""
    key_rotation.check_overlap(overlap_seconds)
    key_rotation.check_idle(idle_seconds)
    with revoking(runtime, in_seconds=overlap_seconds) as revocation:
        old = _single_match(runtime, prefix)
        return key_rotation.rotate_as_operator(
            runtime,
            old,
            revocation,
            overlap_seconds=overlap_seconds,
            idle_seconds=idle_seconds,
            actor=ACTOR,
            overrides_policy=overrides_policy,
        )


def extend_key(runtime: Runtime, prefix: str, *, overrides_policy: bool = False) -> ApiKey:
    """Lets the rotated key that starts with `prefix` work for a day more. Raises `NoSingleMatch`, `KeyNotActive` and
    `OutsideKeyPolicy`."""
    with revoking(runtime) as revocation:
        key = _single_match(runtime, prefix)
        rotation_overlap.extend_as_operator(runtime, key, revocation, actor=ACTOR, overrides_policy=overrides_policy)
    return key


def _revoked(named: str) -> ApiKey | None:
    digest = key_format.digest(named) if key_format.is_well_formed(named) else None
    return operator_keys.revoked(named, digest)


def _single_match(runtime: Runtime, named: str) -> ApiKey:
    """The one active key that is named: by its ID, a whole key, its hash, its start, or at least 8 characters, with or
    without the prefix of its kind before them."""
    matches = _matches(runtime, named)
    if len(matches) != 1:
        what = "Several active keys start with" if matches else "No active key starts with"
        way_out = " Name it by its ID." if matches else ""
        raise NoSingleMatch(f"{what} {_without_secret(named)}; nothing was changed.{way_out}", matches)
    return matches[0]


def _matches(runtime: Runtime, named: str) -> Sequence[ApiKey]:
    now = runtime.clock()
    if by_id := operator_keys.working_by_id(named, now):
        return by_id
    if key_format.is_well_formed(named):
        return operator_keys.working_by_digest(key_format.digest(named), now)
    with suppress(ValidationFailed):
        return operator_keys.working_by_digest(imported_keys.parse_hash(named)[1], now)
    starts = _starts(runtime, named)
    matches = operator_keys.working_by_start([*starts, named], now) if named else ()
    if not starts and not matches:
        raise NoSingleMatch(
            f"{named} is too short. Enter at least {SHOWN} characters after the key's prefix, or the key's ID.", []
        )
    return matches


def _without_secret(named: str) -> str:
    """Never a whole key: it may work elsewhere, and what a command prints may end up in a log."""
    if key_format.is_well_formed(named):
        return f"{named[: SHOWN - key_format.RANDOM_LENGTH - key_format.CHECKSUM_LENGTH]}…"
    return named if len(named) <= imported_keys.MAX_START_LENGTH else f"{named[:SHOWN]}…"


def _starts(runtime: Runtime, prefix: str) -> list[str]:
    kinds = runtime.settings.key_prefixes
    starts = [prefix[: len(kind) + SHOWN] for kind in kinds if prefix.startswith(kind)]
    starts = [start for start in starts if any(len(start) == len(kind) + SHOWN for kind in kinds)]
    if len(prefix) >= SHOWN:
        starts += [kind + prefix[:SHOWN] for kind in kinds]
    return starts
