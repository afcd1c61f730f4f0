"""Keys of any organization, as operators name them: by ID, by how they begin, or as a whole."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from app.domain.key_rate_limit import RateLimit
from app.extensions import db
from app.store.key_conditions import belongs_to
from app.store.keys import ApiKey, rate_limit_of, works


class WorkingKey(NamedTuple):
    """An active key, with the columns that a long list shows."""

    id: str
    org_id: str
    name: str
    start: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    networks: tuple[str, ...]
    rate_requests: int | None
    rate_seconds: int | None

    @property
    def rate_limit(self) -> RateLimit | None:
        return rate_limit_of(self.rate_requests, self.rate_seconds)


def working(now: datetime, owner: str | None = None) -> Iterator[WorkingKey]:
    """The active keys of all organizations, oldest first, read while they are consumed: there may be a great many.
    `owner`: as in `KeyFilter`; None: whoever they belong to."""
    columns = (getattr(ApiKey, name) for name in WorkingKey._fields)
    theirs = [] if owner is None else [belongs_to(owner)]
    query = select(*columns).where(works(now), *theirs).order_by(ApiKey.created_at, ApiKey.id)
    for row in db.session.execute(query, execution_options={"yield_per": 1000}):
        yield WorkingKey(*row)


def working_by_id(key_id: str, now: datetime) -> Sequence[ApiKey]:
    return db.session.scalars(
        select(ApiKey).where(ApiKey.id == key_id, works(now)).with_for_update(key_share=True)
    ).all()


def revoked(key_id: str, digest: bytes | None) -> ApiKey | None:
    """The revoked key with this ID or digest, of any organization, locked until the transaction ends."""
    named = ApiKey.id == key_id if digest is None else ApiKey.digest == digest
    return db.session.scalars(
        select(ApiKey).where(named, ApiKey.revoked_at.is_not(None)).with_for_update(key_share=True)
    ).one_or_none()


def working_by_start(starts: Sequence[str], now: datetime) -> Sequence[ApiKey]:
    """The active keys whose `start` is one of these (prefix and 8 characters, or as it was imported), locked in the
    order of their IDs."""
    return db.session.scalars(
        select(ApiKey).where(ApiKey.start.in_(starts), works(now)).order_by(ApiKey.id).with_for_update(key_share=True)
    ).all()


def working_by_digest(digest: bytes, now: datetime) -> Sequence[ApiKey]:
    return db.session.scalars(
        select(ApiKey).where(ApiKey.digest == digest, works(now)).with_for_update(key_share=True)
    ).all()
