"""Writes a great many rows as fast as the database takes them: past SQLAlchemy, whose work for each value would take
longer than the database's."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from operator import attrgetter
from typing import Any

from sqlalchemy import Engine, Table

#: Rows for each statement.
CHUNK = 20_000
#: Rows for each transaction. Indexes of random values are spread over all of their pages, and each transaction writes
#: the pages that it changed: more of them write more.
TRANSACTION = 200_000


class Bulk:
    """Rows are named tuples of what is stored: times in microseconds, lists of words as one text. The names of their
    fields are those of columns; what the table has no column for is left out."""

    def __init__(self, connection: Any, *, is_sqlite: bool) -> None:
        self._connection, self._write = connection, self._insert if is_sqlite else self._copy
        self._uncommitted = 0

    def write(self, table: Any, rows: Iterable[Any]) -> None:
        """Writes rows, some of which are not committed yet: call `commit` at the end, and before others write."""
        left = iter(rows)
        while chunk := list(islice(left, CHUNK)):
            names = [name for name in chunk[0]._fields if name in table.columns]
            self._write(table, names, map(attrgetter(*names), chunk))
            self._uncommitted += len(chunk)
            if self._uncommitted >= TRANSACTION:
                self.commit()

    def commit(self) -> None:
        if self._uncommitted:
            self._connection.commit()
        self._uncommitted = 0

    def _insert(self, table: Table, names: Sequence[str], rows: Iterator[Any]) -> None:
        if not self._uncommitted:
            self._connection.execute("BEGIN IMMEDIATE")
        places = ", ".join("?" * len(names))
        self._connection.executemany(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})", rows)

    def _copy(self, table: Table, names: Sequence[str], rows: Iterator[Any]) -> None:
        statement = f"COPY {table.name} ({', '.join(names)}) FROM STDIN"
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)


@contextmanager
def writing(engine: Engine) -> Iterator[Bulk]:
    """On a connection of its own, which is closed at the end."""
    is_sqlite, pooled = engine.dialect.name == "sqlite", engine.raw_connection()
    connection = pooled.driver_connection
    assert connection is not None
    pooled.detach()
    try:
        if is_sqlite:
            # Nothing is lost but the time it took if the machine loses power. The cache holds the random ends of the
            # indexes; without it, each row would read and write a dozen pages of the file.
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA cache_size = -1000000")
        else:
            # The rows of a transaction are made while it is open.
            connection.execute("SET idle_in_transaction_session_timeout = 0")
            connection.commit()
        bulk = Bulk(connection, is_sqlite=is_sqlite)
        yield bulk
        bulk.commit()
    finally:
        connection.close()


def tidy(engine: Engine) -> None:
    """What a server that runs for a while has done by itself: PostgreSQL's autovacuum collects statistics, SQLite moves
    the write-ahead log into the file."""
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)" if sqlite else "VACUUM (ANALYZE)")


def size(engine: Engine) -> int:
    """The database's size in bytes, indexes included."""
    sqlite = engine.dialect.name == "sqlite"
    pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    with engine.connect() as connection:
        found = connection.exec_driver_sql(pages if sqlite else "SELECT pg_database_size(current_database())")
        return int(found.scalar_one())
