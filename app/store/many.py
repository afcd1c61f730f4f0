"""Many rows as one parameter, so that one statement writes them all: the database does not come back for each."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, Subquery, cast, func, literal, select
from sqlalchemy.types import TypeEngine

from app.extensions import db


def rows(values: Sequence[Sequence[Any]], **columns: type[TypeEngine[Any]]) -> Subquery:
    """A table of these values (texts, whole numbers, None) with these columns."""
    each = func.json_array_elements if db.engine.dialect.name == "postgresql" else func.json_each
    row = each(literal(values, JSON)).table_valued("value")
    found = (
        cast(row.c.value.op("->>")(position), type_).label(name)
        for position, (name, type_) in enumerate(columns.items())
    )
    return select(*found).subquery()
