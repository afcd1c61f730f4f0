"""Positions in a sorted list, for cursors."""

from typing import Any

from sqlalchemy import ColumnElement, literal, tuple_


def before(columns: tuple[Any, ...], values: tuple[Any, ...]) -> ColumnElement[bool]:
    """Rows that come before `values` by `columns`. Each value is bound as its column's type."""
    bound = (literal(value, column.type) for column, value in zip(columns, values, strict=True))
    return tuple_(*columns) < tuple_(*bound)
