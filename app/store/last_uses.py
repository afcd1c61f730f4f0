"""When each key was last used, from which address and by which client. Written when usage is flushed, not by
requests."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Executable, Select, String, column
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.store import bulk_writes
from app.store.column_types import UtcTime
from app.store.upsert import insert


class LastUse(Base):
    """In a table of its own, not in columns of `api_key`: short rows in the order of their primary key are written in a
    quarter of the time, and a change to a key never waits for the flush. Without foreign keys, as in `usage_hour`."""

    __tablename__ = "last_use"
    __table_args__ = {"sqlite_with_rowid": False}

    #: The key's organization; first in the primary key, so that an organization's rows are stored together.
    org_id: Mapped[str] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    #: NULL: not known.
    address: Mapped[str | None]
    agent: Mapped[str | None]


#: The columns of a use; `at` is in microseconds since 1970.
USED = (
    column("org_id", String),
    column("key_id", String),
    column("at", BigInteger),
    column("address", String),
    column("agent", String),
)


def mark(uses: list[Any]) -> None:
    """Moves the last uses of keys forward, never back. `uses` are the values of the columns `USED`, row by row, with at
    most one row for each key."""
    bulk_writes.execute(_marked, USED, uses)


def _marked(rows: Select[Any]) -> Executable:
    table: Any = LastUse.__table__
    statement = insert(table).from_select([column.name for column in USED], rows)
    later = statement.excluded
    return statement.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["org_id", "key_id"],
        set_={"at": later.at, "address": later.address, "agent": later.agent},
        where=table.c.at < later.at,
    )
