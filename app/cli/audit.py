"""`audit verify`: checks the hash chain of each organization's audit log, or of a file with one."""

import sys
from dataclasses import asdict
from typing import Any, TextIO

import click

from app.cli.app_context import open_runtime
from app.cli.output import answer, as_json, fail
from app.domain import verifiable_audit_file
from app.domain.audit_chain import SealedEntry
from app.domain.errors import ValidationFailed
from app.services import audit as audit_log
from app.services import operator_organizations


@click.group()
def audit() -> None:
    """Check the audit log for tampering."""


@audit.command()
@click.argument("file", required=False, type=click.File(encoding="utf-8", errors="replace"))
@click.option("--seal", "text", help="A seal from a weekly mail: check that log alone, and that the seal still fits.")
@as_json
def verify(is_json: bool, text: str | None, file: TextIO | None) -> None:
    """Check the hash chain of every organization, or that in a FILE.

    FILE is a whole log that was downloaded from the page of the audit log; it is checked without a database and without
    settings. Exits with 1 if a chain is broken.
    """
    if file is not None:
        _verify_file(file, _kept(text), is_json)
        return
    with open_runtime() as runtime:
        kept = _kept(text)
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


def _kept(text: str | None) -> SealedEntry | None:
    try:
        return SealedEntry.parse(text) if text else None
    except ValidationFailed as error:
        fail(error.detail)


def _verify_file(file: TextIO, kept: SealedEntry | None, is_json: bool) -> None:
    try:
        found = verifiable_audit_file.check(file, kept)
    except ValidationFailed as error:
        fail(error.detail)
    if found.problem:
        said = f"The file {found.problem}."
    elif kept:
        said = f"{found.organization}: {found.entries} entries, intact, the seal fits"
    else:
        said = (
            f"{found.organization}: {found.entries} entries, intact. With --seal and a seal from a weekly mail you also"
            " see whether the file was shortened or written anew."
        )
    answer(is_json, {"data": asdict(found)}, lambda: click.echo(said))
    if found.problem:
        sys.exit(1)


def _line(row: dict[str, Any]) -> str:
    found = f"broken at entry {row['broken_at']}" if row["broken_at"] else f"{row['entries']} entries, intact"
    if "seal_fits" in row:
        found += ", the seal fits" if row["seal_fits"] else ", but the seal does not fit: the log was changed"
    return f"{row['name']}: {found}"
