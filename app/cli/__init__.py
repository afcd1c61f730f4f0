"""The operator's command line: `python -m app.cli`."""

import click

from app.cli.lazy_group import Command, LazyGroup

#: Where the shell asks for completions; the script that `completion` prints names it.
COMPLETE_VAR = "_KEYDESK_COMPLETE"

#: Where each command is, and what the list of commands says of it.
COMMANDS = {
    "audit": Command("app.cli.audit:audit", "Check the audit log."),
    "backup": Command("app.cli.backup:backup", "Copy the database into a file while Keydesk runs."),
    "completion": Command("app.cli.completion:completion", "Print a script that completes ./keydesk in your shell."),
    "create": Command("app.cli.keys:create", "Create a key."),
    "credits": Command("app.cli.credits:credits", "Grant credits to an organization, or show its balance."),
    "doctor": Command("app.cli.doctor:doctor", "Check settings, database, migrations, mail and clock."),
    "import": Command("app.cli.imported_keys:import_keys", "Import another system's keys from a CSV file."),
    "init": Command("app.cli.init:init", "Create the database's tables, or migrate them."),
    "installs": Command("app.cli.install_ids:installs", "Import, list or withdraw install ids (deprecated)."),
    "list": Command("app.cli.keys:list_keys", "List the active keys of all organizations."),
    "members": Command("app.cli.members:members", "List, add, remove, disable or enable members."),
    "orgs": Command("app.cli.organizations:orgs", "List, create, disable or enable organizations."),
    "restore": Command("app.cli.backup:restore", "Replace the database with a backup."),
    "revoke": Command("app.cli.keys:revoke", "Revoke a key."),
    "rotate": Command("app.cli.keys:rotate", "Replace a key with a new one."),
    "seed": Command("app.cli.benchmark_keys:seed", "Create many random keys for a benchmark. Dev mode only."),
    "serve": Command("app.cli.serve:serve", "Start the server."),
    "set": Command("app.cli.key_settings:set_key", "Change a key's name, scopes, limits or expiry."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Keydesk, offline: works on the same database as the server."""
