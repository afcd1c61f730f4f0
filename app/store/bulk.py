"""Many rows in few statements, so that the database does not come back for each: a busy second uses thousands of keys.

By the driver itself, because SQLAlchemy's execution of so many values costs more than the database's.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqlalchemy import CTE, ColumnClause, Executable, bindparam
from sqlalchemy import values as values_of

from app.extensions import db
from app.store.engine import driver_dialect
from app.store.transaction import require_transaction

#: Rows are written so many at a time: a few sizes, so that a statement is made once and used again.
_SIZES = (512, 128, 32, 8, 2, 1)

#: From a table of the rows, what to do with them.
Statement = Callable[[CTE], Executable]


def execute(statement: Statement, columns: tuple[ColumnClause[Any], ...], values: list[Any]) -> None:
    """Executes `statement` of rows, in the caller's transaction. `values`, as the columns hold them, stand row by row
    in one list: a tuple for each row would be one more thing to make and to look through for garbage."""
    require_transaction()
    connection, done = db.session.connection(), 0
    for size in _SIZES:
        taken = size * len(columns)
        while len(values) - done >= taken:
            sql = _sql(connection.dialect.name, statement, columns, size)
            connection.exec_driver_sql(sql, tuple(values[done : done + taken]))
            done += taken


@lru_cache
def _sql(dialect: str, statement: Statement, columns: tuple[ColumnClause[Any], ...], size: int) -> str:
    row = tuple(bindparam(str(place), type_=column.type) for place, column in enumerate(columns))
    # As a CTE, because SQLite names no columns of VALUES elsewhere.
    table = values_of(*columns, name="more").data([row]).cte("more")
    made: Any = statement(table)
    compiled = made.compile(dialect=driver_dialect(dialect))
    if compiled.positiontup != [bind.key for bind in row]:
        raise RuntimeError("a statement about rows is given nothing else than their values, in their order")
    # Made of one row, because SQLAlchemy takes longer for thousands of values than the database does.
    before, one, after = re.split(r"(?<=VALUES )(\([^()]+\))", str(compiled), maxsplit=1)
    return before + ", ".join([one] * size) + after
