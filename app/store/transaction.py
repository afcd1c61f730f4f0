"""Transactions: nothing can be written outside of one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from threading import Lock
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import ORMExecuteState

from app.extensions import db
from app.store import database_file
from app.store.database_errors import NoTurnToWrite
from app.store.engine import BUSY_TIMEOUT_MS

_writers = Lock()
_IN_TRANSACTION = "in_transaction"
_AFTERWARDS = "afterwards"


@contextmanager
def transaction() -> Iterator[None]:
    """Commits everything that is written inside, or nothing. Transactions do not nest, and nothing can be written
    outside of one: functions that join the caller's transaction raise `RuntimeError` without one.

    A snapshot that the session read before is released first, so that decisions inside see the current data. Afterwards
    the session is closed, so that the next read starts a new snapshot.

    Raises `DatabaseGone` if an SQLite file is lost, also if that is noticed only after the commit.
    """
    session = db.session()
    if session.info.get(_IN_TRANSACTION):
        raise RuntimeError("transactions do not nest: one service function, one transaction")
    session.close()
    # Before the lock, too: a process that has lost its file must not touch an index that others may share by now.
    database_file.check()
    session.info[_IN_TRANSACTION] = True
    try:
        with _writers_in_line():
            try:
                session.connection(execution_options={"writes": True})
                # With the write lock held: whoever opened the file since may write to another log with the same index.
                database_file.check()
                yield
                session.commit()
                # Before anybody is told: what went into a file that is gone is lost.
                database_file.check()
            finally:
                session.close()
        for do in session.info.get(_AFTERWARDS, ()):
            do()
    finally:
        session.info[_IN_TRANSACTION] = False
        session.info.pop(_AFTERWARDS, None)


def afterwards(do: Callable[[], object]) -> None:
    """Has this called once the caller's transaction is committed, and never if it is not."""
    require_transaction()
    db.session.info.setdefault(_AFTERWARDS, []).append(do)


def release() -> None:
    """Releases what the session read outside of a transaction. On PostgreSQL, nothing can be read after a read that
    failed before this."""
    db.session.close()


@contextmanager
def _writers_in_line() -> Iterator[None]:
    """SQLite waits for its write lock by polling, and under load some connections poll in vain until their timeout. So
    the threads of one process take turns here, and only processes poll."""
    if db.engine.dialect.name != "sqlite":
        yield
        return
    if not _writers.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
        raise NoTurnToWrite("no turn to write within the busy timeout")
    try:
        yield
    finally:
        _writers.release()


def require_transaction() -> None:
    """Raises `RuntimeError` outside of `transaction`."""
    if not db.session.info.get(_IN_TRANSACTION):
        raise RuntimeError("this writes or locks rows, so call it inside transaction()")


@event.listens_for(db.session, "before_flush")
def _refuse_to_flush(*_: Any) -> None:
    require_transaction()


@event.listens_for(db.session, "do_orm_execute")
def _refuse_to_write(state: ORMExecuteState) -> None:
    locks = state.is_select and getattr(state.statement, "_for_update_arg", None) is not None
    if locks or state.is_insert or state.is_update or state.is_delete:
        require_transaction()


def take_turns(*names: str) -> None:
    """Waits until no other transaction holds any of `names`, and holds them until this transaction ends.

    SQLite has only one writer at a time anyway. On PostgreSQL these are advisory locks, taken in one order.
    """
    require_transaction()
    if db.engine.dialect.name != "postgresql":
        return
    numbers = sorted({int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True) for name in names})
    for number in numbers:
        db.session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
