"""How far rights have moved on: a counter, and beside it each organization's last change."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, db
from app.store import organizations
from app.store.organizations import Organization


class RevocationCounter(Base):
    """One row. Its lock makes transactions that change rights commit in the order of their numbers."""

    __tablename__ = "revocation_counter"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)


def note_change(org_ids: Collection[str]) -> None:
    """Raises the revision and says whose rights changed. Call it last in the transaction: organizations are locked
    before the counter, by everybody, so that nobody waits in a ring."""
    if not org_ids:
        return
    db.session.flush()
    organizations.lock(org_ids)
    insert: Any = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
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
