"""Changing a key: its name, scopes, limits and expiry."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

from app.domain import key_rate_limit, key_settings, networks
from app.domain.errors import KeyNotActive
from app.domain.key_rate_limit import RateLimit
from app.domain.key_verification import status
from app.domain.times import rfc3339
from app.services import audit
from app.services.keys import grantable, manageable
from app.services.organizations import Member
from app.services.revocation import note_change, withdrawal
from app.services.runtime import Runtime
from app.store import keys
from app.store.keys import ApiKey, ListedKey


class Unchanged(Enum):
    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED


@dataclass(frozen=True, slots=True)
class KeyChange:
    """What is to be different; everything else stays. None: no limit, no expiry. No networks: from anywhere."""

    name: str | Unchanged = UNCHANGED
    scopes: Sequence[str] | Unchanged = UNCHANGED
    rate_limit: RateLimit | Unchanged | None = UNCHANGED
    networks: Sequence[str] | Unchanged = UNCHANGED
    expires_at: datetime | Unchanged | None = UNCHANGED


def change(runtime: Runtime, member: Member, key_id: str, wanted: KeyChange) -> ListedKey:
    """The next verification anywhere goes by it, whether it takes rights away or gives some.

    Raises `NotFound`, `Forbidden`, `KeyNotActive`, `ValidationFailed`, `UnknownScope` and `Busy`.
    """
    with withdrawal(runtime):
        found = manageable(member, key_id)
        if wanted.scopes is not UNCHANGED:
            wanted = replace(wanted, scopes=grantable(runtime, member, wanted.scopes))
        elif _is_longer(found.key, wanted.expires_at):
            # As for a rotation: who may not give these scopes any more may not make them last.
            grantable(runtime, member, found.key.scopes)
        change_within(runtime, found.key, wanted, actor=member.email)
    return found


def change_within(runtime: Runtime, key: ApiKey, wanted: KeyChange, *, actor: str) -> None:
    """As `change`, last in the caller's `withdrawal`, of a key that is locked and with scopes that `actor` may give."""
    now = runtime.clock()
    if status(expires_at=key.expires_at, revoked_at=key.revoked_at, now=now) in {"revoked", "expired"}:
        raise KeyNotActive("Only a working key can be changed, and this one was revoked or has expired.")
    checked = _checked(key, wanted, now)
    changes = {
        field: {"old": _wire(getattr(key, field)), "new": _wire(value)}
        for field, value in checked.items()
        if value != getattr(key, field)
    }
    if not changes:
        return
    for field in changes:
        setattr(key, field, checked[field])
    audit.record(
        key.org_id,
        at=now,
        action="key.changed",
        actor=actor,
        target=key.id,
        name=key.name,
        start=key.start,
        changes=changes,
    )
    note_change([key.org_id])


def _checked(key: ApiKey, wanted: KeyChange, now: datetime) -> dict[str, Any]:
    """The new values by the names of the key's attributes."""
    found: dict[str, Any] = {}
    if wanted.name is not UNCHANGED:
        found["name"] = key_settings.clean_name(wanted.name)
    if wanted.scopes is not UNCHANGED:
        found["scopes"] = tuple(wanted.scopes)
    if wanted.rate_limit is not UNCHANGED:
        found["rate_limit"] = key_rate_limit.checked(wanted.rate_limit)
    if wanted.networks is not UNCHANGED:
        found["networks"] = networks.parse(wanted.networks)
    if wanted.expires_at is not UNCHANGED:
        found["expires_at"] = _expiry(key, wanted.expires_at, now)
    return found


def _expiry(key: ApiKey, wanted: datetime | None, now: datetime) -> datetime | None:
    expires_at = key_settings.expiry(now, expires_at=wanted, expires_in_days=None)
    if _is_longer(key, expires_at) and keys.has_successor(key.id):
        raise KeyNotActive("This key was rotated and ends with its overlap. Change its successor instead.")
    return expires_at


def _is_longer(key: ApiKey, wanted: datetime | Unchanged | None) -> bool:
    if wanted is UNCHANGED or key.expires_at is None:
        return False
    return wanted is None or wanted > key.expires_at


def _wire(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, RateLimit):
        return asdict(value)
    return list(value) if isinstance(value, tuple) else value
