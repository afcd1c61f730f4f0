"""How migrations run: on the application's own engine, each in one transaction."""

from alembic import context
from flask import current_app

from app.extensions import Base


def run() -> None:
    database = current_app.extensions["migrate"].db
    with database.engine.connect() as connection:
        context.configure(
            connection=connection, target_metadata=Base.metadata, compare_type=True, render_as_batch=False
        )
        with context.begin_transaction():
            context.run_migrations()


run()
