"""Many rows as one parameter, so that one statement writes them all: the database does not come back for each."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, Subquery, cast, func, literal, select
from sqlalchemy.types import TypeEngine

from app.extensions import db


def rows(values: Sequence[Sequence[Any]], **columns: type[TypeEngine[Any]]) -> Subquery:
    """A table of these values (texts, whole numbers, None) with these columns."""
    document = literal(values, JSON)
    if db.engine.dialect.name == "postgresql":
        row = func.json_array_elements(document).table_valued("value").c.value
        cells: list[Any] = [row.op("->>")(position) for position in range(len(columns))]
    else:
        # Not `->>`, which SQLite has since 3.38 only.
        row = func.json_each(document).table_valued("value").c.value
        cells = [func.json_extract(row, f"$[{position}]") for position in range(len(columns))]
    named = zip(cells, columns.items(), strict=True)
    return select(*(cast(cell, type_).label(name) for cell, (name, type_) in named)).subquery()
