"""`audit verify`: checks the hash chain of each organization's audit log."""

import sys
from typing import Any

import click

from app.cli.app_context import open_runtime
from app.cli.output import answer, as_json
from app.domain.audit_chain import SealedEntry
from app.services import audit as audit_log
from app.services import operator_organizations


@click.group()
def audit() -> None:
    """Check the audit log for tampering."""


@audit.command()
@click.option("--seal", "text", help="A seal from a weekly mail: check that log alone, and that the seal still fits.")
@as_json
def verify(is_json: bool, text: str | None) -> None:
    """Check the hash chain of every organization. Exits with 1 if one is broken."""
    with open_runtime() as runtime:
        kept = SealedEntry.parse(text) if text else None
        if kept:
            organizations = [operator_organizations.organization(kept.org_id)]
        else:
            organizations = list(operator_organizations.all_organizations(runtime))
        rows: list[dict[str, Any]] = [
            {"org_id": org.id, "name": org.name, "entries": org.audit_count, "broken_at": audit_log.broken_at(org.id)}
            for org in organizations
        ]
        if kept:
            rows[0]["seal_fits"] = audit_log.still_holds(kept)
        answer(is_json, {"data": rows}, lambda: click.echo("\n".join(map(_line, rows)) or "No entries yet."))
        if any(row["broken_at"] or not row.get("seal_fits", True) for row in rows):
            sys.exit(1)


def _line(row: dict[str, Any]) -> str:
    found = f"broken at entry {row['broken_at']}" if row["broken_at"] else f"{row['entries']} entries, intact"
    if "seal_fits" in row:
        found += ", the seal fits" if row["seal_fits"] else ", but the seal does not fit: the log was changed"
    return f"{row['name']}: {found}"
