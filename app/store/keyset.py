"""Keyset pagination: conditions for rows after a cursor's position."""

from typing import Any

from sqlalchemy import ColumnElement, literal, tuple_


def before(columns: tuple[Any, ...], values: tuple[Any, ...]) -> ColumnElement[bool]:
    """The condition for rows that sort before `values` by `columns`. Each value is bound with its column's type."""
    bound = (literal(value, column.type) for column, value in zip(columns, values, strict=True))
    return tuple_(*columns) < tuple_(*bound)
