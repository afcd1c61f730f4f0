"""When each key was last used, from where and by what. Written by the flush of usage, not by requests."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Executable, Select, String, column
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.store import bulk
from app.store.column_types import UtcTime
from app.store.upsert import insert


class LastUse(Base):
    """Beside the keys, not in them: a few words in the order of their primary key are written in a quarter of the time,
    and who changes a key never waits for the flush. Checked against no other table, like the counts of `usage`."""

    __tablename__ = "last_use"
    __table_args__ = {"sqlite_with_rowid": False}

    #: The key's; first, so that an organization's keys lie together.
    org_id: Mapped[str] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    #: NULL: not known.
    address: Mapped[str | None]
    agent: Mapped[str | None]


#: An organization's key, when it was used (in microseconds since 1970), from where and by what.
USED = (
    column("org_id", String),
    column("key_id", String),
    column("at", BigInteger),
    column("address", String),
    column("agent", String),
)


def mark(uses: list[Any]) -> None:
    """Moves keys' last uses forward, never back. `uses` are the values of `USED`, row by row; no two rows are of the
    same key."""
    bulk.execute(_marked, USED, uses)


def _marked(rows: Select[Any]) -> Executable:
    table: Any = LastUse.__table__
    statement = insert(table).from_select([column.name for column in USED], rows)
    later = statement.excluded
    return statement.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["org_id", "key_id"],
        set_={"at": later.at, "address": later.address, "agent": later.agent},
        where=table.c.at < later.at,
    )
