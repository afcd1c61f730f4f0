"""The operator's command line: `python -m app.cli`."""

import click

from app.cli import database, serve


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Keydesk, offline: works on the same database as the server."""


cli.add_command(database.init)
cli.add_command(serve.serve)
