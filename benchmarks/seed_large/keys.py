"""Keys in every state. Nobody has them: only the random digests and what is shown of them exist."""

from bisect import bisect_left
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from app.domain.base62 import ALPHABET
from app.domain.key_origin import KeyOrigin
from benchmarks.seed_large import words
from benchmarks.seed_large.sizes import DAYS, Sizes
from benchmarks.seed_large.tenants import DAY, HOUR, Event, Tenant, new_id

#: The oldest keys are so old, the newest two hours.
OLDEST = 1000 * DAY
NEWEST = 2 * HOUR
_SCOPES = (
    *(["agent:rw"] * 4 + ["agent:r"] * 3 + ["notes:read"] * 4 + ["notes:write"] * 3 + ["cache:invalidate"] * 4),
    *("agent:r notes:read", "notes:read cache:invalidate", "keys:verify", "agent:r cache:invalidate notes:write"),
)
_NETWORKS = ("203.0.113.0/24", "198.51.100.0/24 2001:db8::/32", "192.0.2.7/32")


class KeyRow(NamedTuple):
    """What `api_key` has no columns for is not written."""

    id: str
    org_id: str
    digest: bytes
    start: str
    last4: str
    prefix: str
    name: str
    name_folded: str
    scopes: str
    created_at: int
    created_by: str | None
    owner_id: str | None
    expires_at: int | None
    revoked_at: int | None
    first_revoked_at: int | None
    revoked_by: str | None
    revoked_reason: str | None
    suspended_at: int | None
    suspended_by: str | None
    origin: str
    networks: str
    rate_requests: int | None
    rate_seconds: int | None
    rotated_from: str | None


class Chosen(NamedTuple):
    """The numbers of the keys that are used, among those of the large organization."""

    daily: list[int]
    weekly: list[int]
    only_refused: list[int]

    @property
    def all(self) -> set[int]:
        return {*self.daily, *self.weekly, *self.only_refused}


def choose(chance: Random, created: list[int], sizes: Sizes, now: int) -> Chosen:
    """`created`: when each key was, oldest first. Those that are used on all days are old enough for it. Those of every
    day follow one another, so that there are pages of them alone: the dearest ones."""
    old = bisect_left(created, now - DAYS * DAY)
    daily = list(range(old - sizes.daily, old))
    weekly = sorted(chance.sample(range(old - sizes.daily), sizes.weekly))
    others = sorted({*range(len(created))} - {*daily, *weekly})
    return Chosen(daily, weekly, sorted(chance.sample(others, sizes.only_refused)))


def created_times(chance: Random, count: int, now: int) -> list[int]:
    return sorted(now - chance.randrange(NEWEST, OLDEST) for _ in range(count))


def key_rows(chance: Random, tenant: Tenant, created: list[int], now: int, working: set[int]) -> Iterator[KeyRow]:
    """The organization's keys, oldest first. `working`: which of them, by number, must work."""
    rotated = None
    for number, created_at in enumerate(created):
        works = number in working
        is_rotated = not works and number + 1 < len(created) and chance.random() < 0.03
        # What is rotated works for another day, beside the successor that follows here.
        end = (created[number + 1] + DAY, None) if is_rotated else _end(chance, created_at, now, works=works)
        row = _row(chance, tenant, created_at, now, end, works=works)
        if rotated:
            same = {
                name: getattr(rotated, name) for name in ("name", "name_folded", "scopes", "created_by", "owner_id")
            }
            row = row._replace(**same, rotated_from=rotated.id)
        yield row
        rotated = row if is_rotated else None


def _end(chance: Random, created_at: int, now: int, *, works: bool) -> tuple[int | None, int | None]:
    """When a key expires, and when it was revoked."""
    kind = chance.random() * (0.77 if works else 1)
    if kind < 0.45:
        return None, None
    if kind < 0.75:
        return now + chance.randrange(8 * DAY, 700 * DAY), None
    if kind < 0.77:
        return now + chance.randrange(HOUR, 7 * DAY), None
    ended = created_at + chance.randrange(HOUR, now - created_at)
    return (ended, None) if kind < 0.85 else (None, ended)


def _row(
    chance: Random, tenant: Tenant, created_at: int, now: int, end: tuple[int | None, int | None], *, works: bool
) -> KeyRow:
    expires_at, revoked_at = end
    shown = "".join(chance.choices(ALPHABET, k=12))
    origin = chance.choices((KeyOrigin.DASHBOARD, KeyOrigin.DEVICE, KeyOrigin.OPERATOR), (85, 10, 5))[0]
    prefix = "owk_live_" if origin is KeyOrigin.DEVICE else "whk_"
    creator = None if origin is KeyOrigin.OPERATOR else chance.choice(tenant.creators).id
    is_limited, is_suspended = chance.random() < 0.1, not works and not revoked_at and chance.random() < 0.01
    name = words.key_name(chance)
    return KeyRow(
        id=new_id(chance, "key"),
        org_id=tenant.id,
        digest=chance.randbytes(32),
        start=prefix + shown[:8],
        last4=shown[8:],
        prefix=prefix,
        name=name,
        name_folded=name.casefold(),
        scopes=chance.choice(_SCOPES),
        created_at=created_at,
        created_by=creator,
        owner_id=creator,
        expires_at=expires_at,
        revoked_at=revoked_at,
        first_revoked_at=revoked_at,
        revoked_by=tenant.owner.id if revoked_at else None,
        revoked_reason="by_hand" if revoked_at else None,
        suspended_at=chance.randint(created_at, now) if is_suspended else None,
        suspended_by=tenant.owner.id if is_suspended else None,
        origin=origin.value,
        networks=chance.choice(_NETWORKS) if chance.random() < 0.05 else "",
        rate_requests=1000 if is_limited else None,
        rate_seconds=60 if is_limited else None,
        rotated_from=None,
    )


def key_events(tenant: Tenant, key: KeyRow) -> Iterator[Event]:
    """What the audit log says about a key."""
    emails = {person.id: person.email for person in tenant.people}
    actor, about = emails.get(key.created_by or "", "operator"), {"name": key.name, "start": key.start}
    yield Event(key.created_at, "key.created", actor, key.id, about | {"scopes": key.scopes.split()})
    if key.revoked_at is not None:
        yield Event(key.revoked_at, "key.revoked", tenant.owner.email, key.id, about)
