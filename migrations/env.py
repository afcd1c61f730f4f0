"""How migrations run: on the application's own engine, each in one transaction."""

from alembic import context
from flask import current_app

from app.extensions import Base


def run() -> None:
    database = current_app.extensions["migrate"].db
    with database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            # A request may take seconds, a migration of a large table minutes. But while a migration waits for a lock
            # on a table, every request waits behind it: it is better to give up with nothing changed, and be run again.
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("SET lock_timeout = '3s'")
            connection.commit()
        context.configure(
            connection=connection, target_metadata=Base.metadata, compare_type=True, transaction_per_migration=True
        )
        with context.begin_transaction():
            context.run_migrations()


run()
