"""Many rows in few statements, so that the database does not come back for each: a busy second uses thousands of keys.

By the driver itself, because SQLAlchemy's execution of so many values costs more than the database's.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import CTE, ColumnClause, Executable, bindparam, values

from app.extensions import db
from app.store.engine import driver_dialect

#: Rows are written so many at a time: a few sizes, so that a statement is made once and used again.
_SIZES = (512, 128, 32, 8, 2, 1)

#: From a table of the rows, what to do with them.
Statement = Callable[[CTE], Executable]


def execute(statement: Statement, columns: tuple[ColumnClause[Any], ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Executes `statement` of `rows` (values as the columns hold them), in the caller's transaction."""
    connection, done = db.session.connection(), 0
    for size in _SIZES:
        while len(rows) - done >= size:
            chunk, done = rows[done : done + size], done + size
            sql = _sql(connection.dialect.name, statement, columns, size)
            connection.exec_driver_sql(sql, tuple(chain.from_iterable(chunk)))


@lru_cache
def _sql(dialect: str, statement: Statement, columns: tuple[ColumnClause[Any], ...], size: int) -> str:
    row = tuple(bindparam(str(place), type_=column.type) for place, column in enumerate(columns))
    # As a CTE, because SQLite names no columns of VALUES elsewhere.
    table = values(*columns, name="more").data([row]).cte("more")
    compiled: Any = statement(table).compile(dialect=driver_dialect(dialect))
    if compiled.positiontup != [bind.key for bind in row]:
        raise RuntimeError("a statement about rows is given nothing else than their values, in their order")
    # Made of one row, because SQLAlchemy takes longer for thousands of values than the database does.
    before, one, after = re.split(r"(?<=VALUES )(\([^()]+\))", str(compiled), maxsplit=1)
    return before + ", ".join([one] * size) + after
