"""Device grants (RFC 8628): an agent waits while a person decides. Both codes are stored as hashes."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.ids import new_id
from app.extensions import Base, db
from app.store.column_types import UtcTime, Words

APPROVED, DENIED = "approved", "denied"


class DeviceGrant(Base):
    __tablename__ = "device_grant"

    id: Mapped[str] = mapped_column(primary_key=True)
    device_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    #: What the agent calls itself; shown to the person as a claim.
    client_name: Mapped[str]
    #: The IP address that asked; shown to the person.
    address: Mapped[str]
    #: The scopes that were asked for; after approval, those that were granted.
    scopes: Mapped[tuple[str, ...]] = mapped_column(Words)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    #: The minimum time between two polls, in seconds.
    interval: Mapped[int]
    #: NULL: the agent has not polled yet.
    polled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    #: NULL: nobody has decided.
    decision: Mapped[str | None]
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    org_id: Mapped[str | None] = mapped_column(ForeignKey("organization.id"))
    #: Days until the key expires, counted from when it is made. 0: it does not expire. NULL: nobody chose.
    key_days: Mapped[int | None]
    #: NULL: no key was made from it.
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)
    key_id: Mapped[str | None]


def add(**values: object) -> DeviceGrant:
    grant = DeviceGrant(id=new_id("dev"), **values)
    db.session.add(grant)
    db.session.flush()
    return grant


def approved_by(grant_id: str, person_id: str) -> DeviceGrant | None:
    return db.session.scalar(
        select(DeviceGrant).where(
            DeviceGrant.id == grant_id, DeviceGrant.decided_by == person_id, DeviceGrant.decision == APPROVED
        )
    )


def waiting(user_digest: bytes, now: datetime) -> DeviceGrant | None:
    """The undecided grant with this user code, locked."""
    return db.session.scalar(
        select(DeviceGrant)
        .where(DeviceGrant.user_digest == user_digest, DeviceGrant.decision.is_(None), DeviceGrant.expires_at > now)
        .with_for_update()
    )


def polled(device_digest: bytes) -> DeviceGrant | None:
    """The grant with this device code, locked."""
    return db.session.scalar(select(DeviceGrant).where(DeviceGrant.device_digest == device_digest).with_for_update())


def use_up(grant_id: str, now: datetime) -> bool:
    """Uses up an approved grant, and returns whether it was this call that did."""
    return (
        db.session.scalar(
            update(DeviceGrant)
            .where(DeviceGrant.id == grant_id, DeviceGrant.used_at.is_(None), DeviceGrant.decision == APPROVED)
            .values(used_at=now)
            .returning(DeviceGrant.id)
        )
        is not None
    )


def deny_approved(org_id: str | None, person_id: str) -> None:
    """Denies what the person has approved for the organization (None: for any) and no key was made from. Locks grants,
    so call it before memberships are locked, as a poll does."""
    theirs = [] if org_id is None else [DeviceGrant.org_id == org_id]
    db.session.execute(
        update(DeviceGrant)
        .where(
            *theirs,
            DeviceGrant.decided_by == person_id,
            DeviceGrant.decision == APPROVED,
            DeviceGrant.used_at.is_(None),
        )
        .values(decision=DENIED)
    )


def prune(before: datetime) -> None:
    db.session.execute(delete(DeviceGrant).where(DeviceGrant.expires_at < before))
