"""The revocation counter, and its value at each organization's last change."""

from collections.abc import Collection

from sqlalchemy import BigInteger, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, db
from app.store import organizations
from app.store.organizations import Organization
from app.store.upsert import insert


class RevocationCounter(Base):
    """One row. Its lock makes the transactions that revoke or change something commit in the order of their numbers."""

    __tablename__ = "revocation_counter"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    #: How many milliseconds a revoke waits at least, so that processes of an earlier version, which use cached records
    #: for longer, have stopped using them. Lowered once none of them runs any more.
    settle_ms: Mapped[int] = mapped_column(server_default="0")


def raise_for(org_ids: Collection[str]) -> None:
    """Raises the counter and records whose keys changed. Call it at the end of a transaction: every transaction locks
    organizations before the counter, so that no two can deadlock."""
    if not org_ids:
        return
    db.session.flush()
    organizations.lock(org_ids)
    revision = db.session.execute(
        insert(RevocationCounter)
        .values(id=1, revision=1)
        .on_conflict_do_update(index_elements=["id"], set_={"revision": RevocationCounter.revision + 1})
        .returning(RevocationCounter.revision)
    ).scalar_one()
    db.session.execute(
        update(Organization)
        .where(Organization.id.in_(org_ids))
        .values(revocation_revision=revision)
        .execution_options(synchronize_session=False)
    )


def settle_seconds() -> float:
    """How long a revoke waits at least, because of processes of earlier versions."""
    return (db.session.scalar(select(RevocationCounter.settle_ms)) or 0) / 1000


def forget_earlier_versions() -> None:
    """Revokes wait only for processes of this version from now on."""
    db.session.execute(update(RevocationCounter).values(settle_ms=0))
