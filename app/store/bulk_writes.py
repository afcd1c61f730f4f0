"""Writes many rows in few statements: in a busy second thousands of keys are used, and a statement for each row would
be too slow.

The rows are one value on SQLite (JSON) and one value for each column on PostgreSQL (arrays): SQLAlchemy takes longer to
make a statement with a value for each field of each row than the database takes to execute it.
"""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnClause, Executable, Select, String, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from app.extensions import db
from app.store.transaction import require_transaction

#: Rows for each statement. Making JSON of more would hold up every other thread for longer than a millisecond.
ROWS_AT_ONCE = 2_000

Columns = tuple[ColumnClause[Any], ...]
#: Makes the statement from a query that yields the rows.
Statement = Callable[[Select[Any]], Executable]


def execute(statement: Statement, columns: Columns, values: list[Any]) -> None:
    """Executes `statement` for all rows, in the caller's transaction. `values` is one flat list, row by row, of what
    the columns hold."""
    require_transaction()
    is_postgresql, width = db.engine.dialect.name == "postgresql", len(columns)
    made = _of_arrays(statement, columns) if is_postgresql else _of_json(statement, columns)
    for start in range(0, len(values), ROWS_AT_ONCE * width):
        some = values[start : start + ROWS_AT_ONCE * width]
        if is_postgresql:
            parameters: dict[str, Any] = {f"values_{place}": some[place::width] for place in range(width)}
        else:
            rows = [some[place : place + width] for place in range(0, len(some), width)]
            parameters = {"rows": json.dumps(rows)}
        db.session.execute(made, parameters)


@lru_cache
def _of_json(statement: Statement, columns: Columns) -> Executable:
    row = func.json_each(bindparam("rows", type_=String)).table_valued("value").c.value
    fields = [func.json_extract(row, f"$[{place}]", type_=column.type) for place, column in enumerate(columns)]
    # With WHERE, because SQLite would otherwise read ON CONFLICT as the ON of a join.
    return statement(select(*fields).where(true()))


@lru_cache
def _of_arrays(statement: Statement, columns: Columns) -> Executable:
    arrays = [bindparam(f"values_{place}", type_=ARRAY(column.type)) for place, column in enumerate(columns)]
    rows = func.unnest(*arrays).table_valued(*(column.name for column in columns)).render_derived()
    return statement(select(*rows.c))
