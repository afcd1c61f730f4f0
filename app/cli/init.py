"""`init`: creates the database tables, or migrates them."""

import click

from app.cli.app_context import open_runtime
from app.store import migrations


@click.command()
def init() -> None:
    """Create the database tables, or migrate them. You can run this at any time."""
    with open_runtime(migrated=False):
        click.echo("Initializing Database structure...")
        migrations.upgrade()
    click.echo("Database initialized successfully.")
