"""How migrations run: on the application's own engine, by one process at a time.

Whoever comes second waits, and then finds nothing to do. SQLite runs all of them in one transaction, because its write
lock is what the others wait for; PostgreSQL each in one of its own, under a lock that lasts as long as the connection.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from app.extensions import Base

#: How long a process waits for another one that migrates. A large database takes minutes.
WAIT_SECONDS = 600
#: PostgreSQL's advisory locks are numbers.
MIGRATION_LOCK = int.from_bytes(b"keydesk", "big")


def run() -> None:
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect().execution_options(writes=True) as connection:
        # Its settings and its lock end with it.
        connection.detach()
        with _sqlite(connection) if engine.dialect.name == "sqlite" else _postgresql(connection):
            context.configure(
                connection=connection, target_metadata=Base.metadata, compare_type=True, transaction_per_migration=True
            )
            with context.begin_transaction():
                context.run_migrations()


@contextmanager
def _sqlite(connection: Connection) -> Iterator[None]:
    connection.connection.execute(f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000}").close()
    with connection.begin():
        yield


@contextmanager
def _postgresql(connection: Connection) -> Iterator[None]:
    connection.exec_driver_sql(f"SET statement_timeout = '{WAIT_SECONDS}s'")
    connection.exec_driver_sql(f"SELECT pg_advisory_lock({MIGRATION_LOCK})")
    # A request may take seconds, a migration of a large table minutes. But while a migration waits for a lock on a
    # table, every request waits behind it: it is better to give up with nothing changed, and be run again.
    connection.exec_driver_sql("SET statement_timeout = 0")
    connection.exec_driver_sql("SET lock_timeout = '3s'")
    connection.commit()
    yield


run()
