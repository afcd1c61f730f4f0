"""Many rows in few statements, so that the database does not come back for each: a busy second uses thousands of keys.

The rows are one value on SQLite (JSON) and a value for each column on PostgreSQL (arrays): a statement with a value for
each field of each row takes SQLAlchemy longer to make than the database to execute.
"""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnClause, Executable, Select, String, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from app.extensions import db
from app.store.transaction import require_transaction

#: So many at once: making JSON of more would hold up every other thread for longer than a millisecond.
ROWS_AT_ONCE = 2_000

Columns = tuple[ColumnClause[Any], ...]
#: From a query that yields the rows, what to do with them. It is given nothing else.
Statement = Callable[[Select[Any]], Executable]


def execute(statement: Statement, columns: Columns, values: list[Any]) -> None:
    """Executes `statement` of rows, in the caller's transaction. `values`, as the columns hold them, stand row by row
    in one list."""
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
    # WHERE, because SQLite would take ON CONFLICT for a join's ON.
    return statement(select(*fields).where(true()))


@lru_cache
def _of_arrays(statement: Statement, columns: Columns) -> Executable:
    arrays = [bindparam(f"values_{place}", type_=ARRAY(column.type)) for place, column in enumerate(columns)]
    rows = func.unnest(*arrays).table_valued(*(column.name for column in columns)).render_derived()
    return statement(select(*rows.c))
