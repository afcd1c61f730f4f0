"""The credit ledger. The organization's two counters are its sums, updated in the same transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, ForeignKey, Index, and_, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.ids import new_id
from app.extensions import Base, db
from app.store.column_types import UtcTime
from app.store.keys import ApiKey
from app.store.organizations import Organization
from app.store.transaction import take_turns

CARRIED_OVER = "carried over"


class CreditEntry(Base):
    __tablename__ = "credit_entry"

    id: Mapped[str] = mapped_column(primary_key=True)
    org_id: Mapped[str] = mapped_column(ForeignKey("organization.id"))
    at: Mapped[datetime] = mapped_column(UtcTime)
    #: Positive: granted. Negative: used.
    amount: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str]

    __table_args__ = (Index("ix_credit_entry_org_id_at", "org_id", "at"),)


class LedgerEntry(NamedTuple):
    """`amount` is positive for credits that were granted, for `reason`, and negative for used ones. `key_id` and
    `key_name`: the key that used them; None for an install ID, which is a credential and so is not told."""

    at: datetime
    amount: int
    reason: str
    key_id: str | None
    key_name: str | None


class Balance(NamedTuple):
    granted: int
    used: int

    @property
    def balance(self) -> int:
        return self.granted - self.used


def grant(org_id: str, amount: int, reason: str, now: datetime) -> None:
    db.session.execute(
        update(Organization)
        .where(Organization.id == org_id)
        .values(credits_granted=Organization.credits_granted + amount)
    )
    _enter(org_id, amount, reason, now)


def take(org_id: str, amount: int, reason: str, now: datetime) -> bool:
    """Takes credits if there are enough, and returns whether there were. The balance never goes below zero, however
    many requests take credits at once."""
    taken = db.session.scalar(
        update(Organization)
        .where(Organization.id == org_id, Organization.credits_granted - Organization.credits_used >= amount)
        .values(credits_used=Organization.credits_used + amount)
        .returning(Organization.id)
    )
    if taken is not None:
        _enter(org_id, -amount, reason, now)
    return taken is not None


def balance(org_id: str) -> Balance:
    return Balance(
        *db.session.execute(
            select(Organization.credits_granted, Organization.credits_used).where(Organization.id == org_id)
        ).one()
    )


def last_entries(org_id: str, limit: int) -> Sequence[LedgerEntry]:
    """Newest first."""
    rows = db.session.execute(
        select(CreditEntry.at, CreditEntry.amount, CreditEntry.reason, ApiKey.id, ApiKey.name)
        .outerjoin(ApiKey, and_(ApiKey.org_id == CreditEntry.org_id, ApiKey.id == CreditEntry.reason))
        .where(CreditEntry.org_id == org_id)
        .order_by(CreditEntry.at.desc(), CreditEntry.id.desc())
        .limit(limit)
    )
    return [
        LedgerEntry(at, amount, reason if amount >= 0 else "used", key_id, key_name)
        for at, amount, reason, key_id, key_name in rows
    ]


def ledger_sum(org_id: str) -> int:
    """The sum of the entries, which is always the balance."""
    return int(
        db.session.execute(
            select(func.coalesce(func.sum(CreditEntry.amount), 0)).where(CreditEntry.org_id == org_id)
        ).scalar_one()
    )


def fold(before: datetime) -> None:
    """Replaces each organization's entries before `before` by one with their sum, at the time of the newest of them."""
    # Two that fold at once would both carry the sum over.
    take_turns("fold credit entries")
    # By organization, because that is the order of the index.
    old = and_(CreditEntry.org_id.in_(select(Organization.id)), CreditEntry.at < before)
    rows = db.session.execute(
        select(CreditEntry.org_id, func.sum(CreditEntry.amount), func.max(CreditEntry.at))
        .where(old)
        .group_by(CreditEntry.org_id)
        .having(func.count() > 1)
    ).all()
    for org_id, amount, newest in rows:
        db.session.execute(delete(CreditEntry).where(CreditEntry.org_id == org_id, CreditEntry.at < before))
        _enter(org_id, int(amount), CARRIED_OVER, newest)


def _enter(org_id: str, amount: int, reason: str, now: datetime) -> None:
    db.session.add(CreditEntry(id=new_id("crd"), org_id=org_id, at=now, amount=amount, reason=reason))
    db.session.flush()
