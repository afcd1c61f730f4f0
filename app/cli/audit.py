"""`audit verify`: checks the hash chain of each organization's audit log."""

import sys

import click

from app.cli.app_context import open_runtime
from app.cli.output import answer, as_json
from app.services import audit as audit_log
from app.services import operator_organizations


@click.group()
def audit() -> None:
    """Check the audit log for tampering."""


@audit.command()
@as_json
def verify(is_json: bool) -> None:
    """Check the hash chain of every organization. Exits with 1 if one is broken."""
    with open_runtime():
        rows = [
            {"org_id": org.id, "name": org.name, "entries": org.audit_count, "broken_at": audit_log.broken_at(org.id)}
            for org in operator_organizations.all_organizations()
        ]
        lines = [
            f"{row['name']}: "
            + (f"broken at entry {row['broken_at']}" if row["broken_at"] else f"{row['entries']} entries, intact")
            for row in rows
        ]
        answer(is_json, {"data": rows}, lambda: click.echo("\n".join(lines) or "No entries yet."))
        if any(row["broken_at"] for row in rows):
            sys.exit(1)
