"""The operator's command line, `python -m app.cli`: the list of its commands."""

import click

from app.cli.lazy_group import Command, LazyGroup

#: The environment variable by which the shell asks for completions. The script that `completion` prints sets it.
COMPLETE_VAR = "_KEYDESK_COMPLETE"

#: Where each command is, and its short help: the first sentence of the command's own help (a test compares them).
COMMANDS = {
    "audit": Command("app.cli.audit:audit", "Check the audit log for tampering."),
    "backup": Command("app.cli.backup:backup", "Back up the database to FILE while the server runs."),
    "completion": Command("app.cli.completion:completion", "Print a completion script for `keydesk`."),
    "create": Command("app.cli.keys:create", "Create a key and show it once."),
    "credits": Command("app.cli.credits:credits", "Grant credits to an organization, or show its balance."),
    "doctor": Command("app.cli.doctor:doctor", "Check the installation and say how to fix it."),
    "extend": Command("app.cli.keys:extend", "Let the rotated key that starts with PREFIX work for a day more."),
    "forget-earlier-versions": Command(
        "app.cli.forget_earlier_versions:forget_earlier_versions",
        "Answer revokes sooner once every server runs this version.",
    ),
    "import": Command("app.cli.imported_keys:import_keys", "Import the keys of another system from a CSV file."),
    "init": Command("app.cli.init:init", "Create the database tables, or migrate them."),
    "installs": Command(
        "app.cli.install_id_credentials:installs", "Import, list or withdraw install IDs (deprecated)."
    ),
    "invitations": Command(
        "app.cli.invitations:invitations", "List, create or withdraw invitations to an organization."
    ),
    "list": Command("app.cli.keys:list_keys", "List the active keys of all organizations."),
    "members": Command("app.cli.members:members", "List, add, remove, disable or enable members."),
    "orgs": Command(
        "app.cli.organizations:orgs",
        "List, create, rename, disable, delete or restore organizations, or set their policy for keys.",
    ),
    "people": Command("app.cli.people:people", "Change the address of a person."),
    "restore": Command("app.cli.backup:restore", "Replace the database with the backup in FILE."),
    "revoke": Command("app.cli.keys:revoke", "Revoke the key that starts with PREFIX."),
    "rotate": Command("app.cli.keys:rotate", "Replace the key that starts with PREFIX with a new one."),
    "seed": Command("app.cli.benchmark_keys:seed", "Create many random keys for a benchmark (dev mode only)."),
    "serve": Command("app.cli.serve:serve", "Start the server."),
    "set": Command("app.cli.key_settings:set_key", "Change the settings of the key that starts with PREFIX."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Manage Keydesk from the command line.

    The commands work on the server's database, whether or not the server is running.
    """
