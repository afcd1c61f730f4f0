"""Owners who get the newest seal of an audit log every week."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ForeignKey, delete, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, db
from app.store.column_types import UtcTime
from app.store.transaction import require_transaction


class SealSubscription(Base):
    __tablename__ = "seal_subscription"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    org_id: Mapped[str] = mapped_column(ForeignKey("organization.id"), primary_key=True)
    #: When the next one is due.
    next_at: Mapped[datetime] = mapped_column(UtcTime, index=True)


class Subscription(NamedTuple):
    person_id: str
    org_id: str


def of_person(person_id: str) -> frozenset[str]:
    """The IDs of the organizations."""
    query = select(SealSubscription.org_id).where(SealSubscription.person_id == person_id)
    return frozenset(db.session.scalars(query))


def put(person_id: str, org_ids: Collection[str], next_at: datetime) -> None:
    """These and no others are subscribed to from now on; those that were already keep when they are due."""
    require_transaction()
    theirs = SealSubscription.person_id == person_id
    db.session.execute(delete(SealSubscription).where(theirs, SealSubscription.org_id.not_in(org_ids)))
    added = sorted(set(org_ids) - of_person(person_id))
    db.session.add_all(SealSubscription(person_id=person_id, org_id=org_id, next_at=next_at) for org_id in added)
    db.session.flush()


def due(now: datetime, longest: timedelta) -> Sequence[Subscription]:
    """Those that are due, and those that are due in more than `longest`: a clock was ahead."""
    rows = db.session.execute(
        select(SealSubscription.person_id, SealSubscription.org_id)
        .where(or_(SealSubscription.next_at <= now, SealSubscription.next_at > now + longest))
        .order_by(SealSubscription.next_at)
    )
    return [Subscription(*row) for row in rows]


def take(one: Subscription, now: datetime, longest: timedelta, next_at: datetime) -> bool:
    """Moves one that is due to `next_at`; False: it is no longer due, because somebody else took it or it ended."""
    moved = db.session.execute(
        update(SealSubscription)
        .where(
            SealSubscription.person_id == one.person_id,
            SealSubscription.org_id == one.org_id,
            or_(SealSubscription.next_at <= now, SealSubscription.next_at > now + longest),
        )
        .values(next_at=next_at)
        .returning(SealSubscription.org_id)
    ).all()
    return len(moved) == 1


def remove(one: Subscription) -> None:
    db.session.execute(
        delete(SealSubscription).where(
            SealSubscription.person_id == one.person_id, SealSubscription.org_id == one.org_id
        )
    )
