"""What operators do offline with keys."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.domain import key_format, key_rate_limit, networks
from app.domain.errors import DomainError
from app.domain.key_origin import KeyOrigin
from app.domain.key_rate_limit import RateLimit
from app.domain.key_settings import clean_name, expiry
from app.services import audit, key_settings, keys, operator_organizations
from app.services.key_settings import UNCHANGED, KeyChange
from app.services.keys import IssuedKey
from app.services.operator_organizations import ACTOR
from app.services.revocation import note_change, withdrawal
from app.services.runtime import Runtime
from app.store import keys as key_store
from app.store import organizations
from app.store.keys import ApiKey, WorkingKey
from app.store.transaction import transaction

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


def create_key(runtime: Runtime, wish: OperatorsWish) -> IssuedKey:
    """Raises `ValidationFailed`, `UnknownScope` and `NotFound`."""
    name = clean_name(wish.name)
    scopes = _known(runtime, wish.scopes) or runtime.settings.policy.default_scopes
    limit, places = key_rate_limit.checked(wish.rate), networks.parse(wish.networks)
    with transaction():
        now = runtime.clock()
        expires_at = expiry(now, expires_at=None, expires_in_days=wish.expires_in_days)
        if wish.org is not None:
            organization = operator_organizations.organization(wish.org)
        else:
            organization = organizations.only() or organizations.operators(now)
        return keys.issue_offline(
            runtime,
            organization.id,
            now,
            origin=KeyOrigin.OPERATOR,
            name=name,
            scopes=scopes,
            expires_at=expires_at,
            rate_limit=limit,
            networks=places,
        )


def working_keys(runtime: Runtime) -> Iterator[WorkingKey]:
    """Of all organizations, oldest first, read as they are asked for."""
    return key_store.working(runtime.clock())


def revoke_key(runtime: Runtime, prefix: str) -> ApiKey:
    """Raises `NoSingleMatch`; then nothing is revoked."""
    with withdrawal(runtime):
        now = runtime.clock()
        key = _single_match(runtime, prefix)
        key.revoked_at = now
        audit.record(
            key.org_id, at=now, action="key.revoked", actor=ACTOR, target=key.id, name=key.name, start=key.start
        )
        note_change([key.org_id])
    return key


def change_key(runtime: Runtime, prefix: str, wanted: KeyChange) -> ApiKey:
    """The next verification anywhere goes by it.

    Raises `NoSingleMatch`, `ValidationFailed`, `UnknownScope` and `KeyNotActive`; then nothing is changed.
    """
    with withdrawal(runtime):
        key = _single_match(runtime, prefix)
        if wanted.scopes is not UNCHANGED:
            wanted = replace(wanted, scopes=_known(runtime, wanted.scopes))
        key_settings.change_within(runtime, key, wanted, actor=ACTOR)
    return key


def rotate_key(runtime: Runtime, prefix: str, overlap_seconds: int) -> IssuedKey:
    """A successor; the old key dies after the overlap. Raises `NoSingleMatch` and `ValidationFailed`."""
    with keys.ending(runtime, overlap_seconds):
        now = runtime.clock()
        old = _single_match(runtime, prefix)
        issued = keys.issue_offline(runtime, old.org_id, now, origin=KeyOrigin.OPERATOR, **keys.settings_of(old))
        keys.end_after(old, overlap_seconds, now)
        successor = issued.listed.key.id
        audit.record(
            old.org_id, at=now, action="key.rotated", actor=ACTOR, target=old.id, name=old.name, successor=successor
        )
        note_change([old.org_id])
    return issued


def _known(runtime: Runtime, scopes: Sequence[str]) -> tuple[str, ...]:
    """Without repetitions. Raises `UnknownScope`."""
    runtime.settings.policy.check_known(scopes)
    return tuple(dict.fromkeys(scopes))


def _single_match(runtime: Runtime, prefix: str) -> ApiKey:
    """A working key by how it begins, with or without the prefix of its kind; at least 8 characters after it."""
    if key_format.is_well_formed(prefix):
        matches = key_store.working_by_digest(key_format.digest(prefix), runtime.clock())
    else:
        matches = key_store.working_by_start(_starts(runtime, prefix), runtime.clock())
    if len(matches) != 1:
        what = "Several working keys begin" if matches else "No working key begins"
        raise NoSingleMatch(f"{what} with {prefix}; nothing was changed.", matches)
    return matches[0]


def _starts(runtime: Runtime, prefix: str) -> list[str]:
    settings = runtime.settings
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
