"""The operator's command line: `python -m app.cli`."""

import click

from app.cli import care, imported_keys, init, key_settings, keys, organizations, seed, serve

#: Where the shell asks for completions; the script that `completion` prints names it.
COMPLETE_VAR = "_KEYDESK_COMPLETE"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Keydesk, offline: works on the same database as the server."""


for command in (
    init.init,
    serve.serve,
    keys.create,
    keys.list_keys,
    key_settings.set_key,
    keys.revoke,
    keys.rotate,
    organizations.orgs,
    organizations.members,
    organizations.credits,
    imported_keys.import_keys,
    imported_keys.installs,
    seed.seed,
    care.audit,
    care.doctor,
    care.backup,
    care.restore,
    care.completion,
):
    cli.add_command(command)
