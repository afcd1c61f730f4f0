"""How the database goes about what a function of the store asks."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from app.extensions import db


def plan_of(call: Callable[[], Any], *, seldom_scans: bool = False) -> str:
    """The plan of the one statement that `call` runs, as it runs it. `seldom_scans`: PostgreSQL scans whole tables only
    if it has to, although they are small."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        call()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    ((statement, parameters),) = seen
    connection = db.session.connection()
    if db.engine.dialect.name == "sqlite":
        return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all())
    if seldom_scans:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    return str(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).all())
