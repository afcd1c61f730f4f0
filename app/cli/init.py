"""`init`: makes the database's tables, or brings them up to date."""

import click

from app.cli.app_context import open_runtime
from app.store import migrations


@click.command()
def init() -> None:
    """Make the database's tables, or bring them up to date. Run it as often as you like."""
    with open_runtime(migrated=False):
        click.echo("Initializing Database structure...")
        migrations.upgrade()
    click.echo("Database initialized successfully.")
