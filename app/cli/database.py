"""`init`: makes the database's tables, or brings them up to date."""

import click

from app.cli.settings import settings_or_exit


@click.command()
def init() -> None:
    """Make the database's tables, or bring them up to date. Run it as often as you like."""
    from app import create_app
    from app.store import schema

    app = create_app(settings_or_exit())
    click.echo("Initializing Database structure...")
    with app.app_context():
        schema.upgrade()
    click.echo("Database initialized successfully.")
