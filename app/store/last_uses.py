"""When each key was last let through and last refused, from which address and by which client. Written when usage is
flushed, not by requests."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Executable, Index, Select, String, column, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.store import bulk_writes
from app.store.column_types import UtcTime
from app.store.upsert import insert


class LastUse(Base):
    """In a table of its own, not in columns of `api_key`: short rows in the order of their primary key are written in a
    quarter of the time, and a change to a key never waits for the flush. Without foreign keys, as in `usage_hour`."""

    __tablename__ = "last_use"

    #: The key's organization; first in the primary key, so that an organization's rows are stored together.
    org_id: Mapped[str] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(primary_key=True)
    #: NULL: never let through.
    at: Mapped[datetime | None] = mapped_column(UtcTime)
    #: NULL: not known.
    address: Mapped[str | None]
    agent: Mapped[str | None]
    #: NULL: never refused.
    refused_at: Mapped[datetime | None] = mapped_column(UtcTime)
    refused_address: Mapped[str | None]
    refused_agent: Mapped[str | None]
    #: A `key_verification.Outcome`.
    refused_outcome: Mapped[str | None]
    #: What the request needed: a scope, or with `ROUTE_NOT_LISTED` its method and path.
    refused_needs: Mapped[str | None]

    __table_args__ = (
        # For keys that fail now. There is none for `at`, because each flush would have to move every key in it.
        Index(
            "ix_last_use_org_id_refused_at",
            "org_id",
            "refused_at",
            sqlite_where=text("refused_at IS NOT NULL"),
            postgresql_where=text("refused_at IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )


_KEY = (column("org_id", String), column("key_id", String))
#: The columns of a use that was let through, and of a refused one; times are in microseconds since 1970.
USED = (*_KEY, column("at", BigInteger), column("address", String), column("agent", String))
REFUSED = (
    *_KEY,
    column("refused_at", BigInteger),
    column("refused_address", String),
    column("refused_agent", String),
    column("refused_outcome", String),
    column("refused_needs", String),
)


def mark(uses: list[Any]) -> None:
    """Moves the last uses of keys forward, never back. `uses` are the values of the columns `USED`, row by row, with at
    most one row for each key."""
    bulk_writes.execute(_used, USED, uses)


def mark_refused(uses: list[Any]) -> None:
    """As `mark`, for refused uses: the values of the columns `REFUSED`."""
    bulk_writes.execute(_refused, REFUSED, uses)


def _used(rows: Select[Any]) -> Executable:
    return _marked(USED, rows)


def _refused(rows: Select[Any]) -> Executable:
    return _marked(REFUSED, rows)


def _marked(columns: tuple[Any, ...], rows: Select[Any]) -> Executable:
    """The first column after the key is the time that moves forward."""
    table: Any = LastUse.__table__
    names = [column.name for column in columns]
    keys, moved = names[: len(_KEY)], names[len(_KEY) :]
    statement = insert(table).from_select(names, rows)
    before, later = table.c[moved[0]], statement.excluded
    return statement.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=keys,
        set_={name: later[name] for name in moved},
        where=or_(before.is_(None), before < later[moved[0]]),
    )
