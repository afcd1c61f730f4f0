"""The unit in which anything changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from threading import Lock

from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.extensions import db
from app.store.engine import BUSY_TIMEOUT_MS

_writers = Lock()


@contextmanager
def transaction() -> Iterator[None]:
    """All that is written inside becomes true together, or none of it. Does not nest.

    A snapshot that was read before is let go first: a decision inside is made on what is true now. Afterwards nothing
    is held, so the next read begins afresh.
    """
    session = db.session()
    if session.info.get("in_transaction"):
        raise RuntimeError("transactions do not nest: one service function, one transaction")
    session.close()
    session.info["in_transaction"] = True
    try:
        with _writers_in_line():
            try:
                session.connection(execution_options={"writes": True})
                yield
                session.commit()
            finally:
                session.close()
    finally:
        session.info["in_transaction"] = False


@contextmanager
def _writers_in_line() -> Iterator[None]:
    """SQLite waits by polling, and under load some poll in vain until their time is up. So the threads of one process
    wait for each other here, and only processes are left to poll."""
    if db.engine.dialect.name != "sqlite":
        yield
        return
    if not _writers.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
        raise PoolTimeout("no turn to write within the busy timeout")
    try:
        yield
    finally:
        _writers.release()


def take_turns(*names: str) -> None:
    """Makes this transaction wait for every other one that named any of `names`, until it ends.

    SQLite has one writer at a time anyway. PostgreSQL takes advisory locks, in one order so that none wait in a ring.
    """
    if db.engine.dialect.name != "postgresql":
        return
    numbers = sorted({int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True) for name in names})
    for number in numbers:
        db.session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
