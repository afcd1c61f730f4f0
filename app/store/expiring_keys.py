"""Keys that expire, for those who are told about it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased

from app.extensions import db
from app.store.keys import ApiKey, replaces


class ExpiringKey(NamedTuple):
    id: str
    org_id: str
    name: str
    start: str
    last4: str
    created_at: datetime
    expires_at: datetime


def owners(start: datetime, before: datetime) -> Sequence[tuple[str, str | None]]:
    """The organizations and owners of keys that expire from `start` on and before `before`. No owner: they
    belong to the organization."""
    rows = db.session.execute(
        select(ApiKey.org_id, ApiKey.owner_id)
        .where(ApiKey.revoked_at.is_(None), ApiKey.expires_at >= start, ApiKey.expires_at < before)
        .distinct()
    )
    return [(org_id, owner_id) for org_id, owner_id in rows]


def of_owners(
    org_id: str, owner_ids: Collection[str | None], start: datetime, before: datetime
) -> Sequence[ExpiringKey]:
    """The keys of these owners that expire from `start` on and before `before`, those that expire first before others.
    Without keys that are suspended, which nobody can use, and keys that were replaced."""
    successor = aliased(ApiKey)
    people = [owner_id for owner_id in owner_ids if owner_id is not None]
    is_theirs = [ApiKey.owner_id.in_(people)] if people else []
    is_nobodys = [ApiKey.owner_id.is_(None)] if None in owner_ids else []
    rows = db.session.execute(
        select(*(getattr(ApiKey, name) for name in ExpiringKey._fields))
        .where(
            ApiKey.org_id == org_id,
            or_(*is_theirs, *is_nobodys),
            ApiKey.revoked_at.is_(None),
            ApiKey.suspended_at.is_(None),
            ApiKey.expires_at >= start,
            ApiKey.expires_at < before,
            ~exists().where(replaces(successor)),
        )
        .order_by(ApiKey.expires_at, ApiKey.id)
    )
    return [ExpiringKey(*row) for row in rows]
