"""Keys that replace others: which were rotated, and which of the old ones end."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, and_, bindparam, literal, or_, select, type_coerce
from sqlalchemy.orm import aliased

from app.extensions import db
from app.store.column_types import to_microseconds
from app.store.keys import ApiKey, replaces, works
from app.store.last_uses import LastUse
from app.store.organizations import IS_THERE, Organization


def has_working_successor(org_id: str, key_id: str, now: datetime) -> bool:
    query = select(ApiKey.id).where(ApiKey.org_id == org_id, ApiKey.rotated_from == key_id, works(now)).limit(1)
    return db.session.scalar(query) is not None


def has_successor(org_id: str, key_id: str) -> bool:
    query = select(ApiKey.id).where(ApiKey.org_id == org_id, ApiKey.rotated_from == key_id).limit(1)
    return db.session.scalar(query) is not None


def successor_created_at(org_id: str, key_id: str) -> datetime | None:
    """When the key was rotated; None if it was not."""
    return db.session.scalar(
        select(ApiKey.created_at).where(ApiKey.org_id == org_id, ApiKey.rotated_from == key_id).limit(1)
    )


def idle_after_rotation(now: datetime, counted: datetime) -> Sequence[tuple[str, str]]:
    """Organization and ID of the keys that end once they are idle and seem to be. `counted`: until when all uses are
    known. None of deleted organizations."""
    successor = aliased(ApiKey)
    idle = bindparam("counted", type_=BigInteger) - ApiKey.ends_idle_seconds * literal(1_000_000, BigInteger)
    rows = db.session.execute(
        select(ApiKey.org_id, ApiKey.id)
        .join(successor, replaces(successor))
        .join(Organization, Organization.id == ApiKey.org_id)
        .outerjoin(LastUse, and_(LastUse.org_id == ApiKey.org_id, LastUse.key_id == ApiKey.id))
        .where(
            IS_THERE,
            ApiKey.ends_idle_seconds.is_not(None),
            works(now),
            successor.revoked_at.is_(None),
            or_(successor.expires_at.is_(None), successor.expires_at > now),
            type_coerce(successor.created_at, BigInteger) <= idle,
            or_(LastUse.at.is_(None), type_coerce(LastUse.at, BigInteger) <= idle),
        )
        .params(counted=to_microseconds(counted))
        .limit(1000)
    )
    return [(org_id, key_id) for org_id, key_id in rows]


def ending_soon(now: datetime, before: datetime) -> Sequence[tuple[str, str]]:
    """Organization and ID of the keys that are being replaced, are used all the same, end before `before`, and about
    which nobody was told. None of disabled and deleted organizations, whose keys are refused anyway."""
    successor = aliased(ApiKey)
    rows = db.session.execute(
        select(ApiKey.org_id, ApiKey.id)
        .join(successor, replaces(successor))
        .join(LastUse, and_(LastUse.org_id == ApiKey.org_id, LastUse.key_id == ApiKey.id))
        .join(Organization, Organization.id == ApiKey.org_id)
        .where(
            works(now),
            Organization.disabled_at.is_(None),
            ApiKey.expires_at <= before,
            ApiKey.end_mailed_at.is_(None),
            LastUse.at > successor.created_at,
        )
        .limit(1000)
    )
    return [(org_id, key_id) for org_id, key_id in rows]
