"""Writes many rows in few statements: in a busy second thousands of keys are used, and a statement for each row would
be too slow.

Directly through the driver, because SQLAlchemy takes longer for so many values than the database does.
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

#: Rows for each statement. There are only a few sizes, so that each statement is compiled once and used again.
_SIZES = (512, 128, 32, 8, 2, 1)

#: Makes the statement from a CTE of the rows.
Statement = Callable[[CTE], Executable]


def execute(statement: Statement, columns: tuple[ColumnClause[Any], ...], values: list[Any]) -> None:
    """Executes `statement` for all rows, in the caller's transaction. `values` is one flat list, row by row, of what
    the columns hold: a tuple for each row would be one more object to create, and to look at in garbage collections."""
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
    # A CTE, because SQLite cannot name the columns of VALUES anywhere else.
    table = values_of(*columns, name="more").data([row]).cte("more")
    made: Any = statement(table)
    compiled = made.compile(dialect=driver_dialect(dialect))
    if compiled.positiontup != [bind.key for bind in row]:
        raise RuntimeError("the statement must bind the values of the rows, in their order, and nothing else")
    # Compiled for one row and repeated here, because SQLAlchemy takes longer for thousands of values than the database.
    before, one, after = re.split(r"(?<=VALUES )(\([^()]+\))", str(compiled), maxsplit=1)
    return before + ", ".join([one] * size) + after
