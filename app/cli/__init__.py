"""The operator's command line: `python -m app.cli`."""

import click

from app.cli import care, database, imports, key_settings, keys, organizations, seed, serve


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Keydesk, offline: works on the same database as the server."""


for command in (
    database.init,
    serve.serve,
    keys.create,
    keys.list_keys,
    key_settings.set_key,
    keys.revoke,
    keys.rotate,
    organizations.orgs,
    organizations.members,
    organizations.credits,
    imports.import_keys,
    imports.installs,
    seed.seed,
    care.audit,
    care.doctor,
    care.backup,
    care.restore,
    care.completion,
):
    cli.add_command(command)
