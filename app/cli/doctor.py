"""`doctor`: checks the installation and says how to fix what is wrong."""

import json
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPException

import click

from app import create_app
from app.cli import machine_checks
from app.cli.machine_checks import Finding
from app.cli.output import answer, as_json
from app.config import Settings, SettingsError, consistency, load_settings
from app.config.installation import COMMAND
from app.domain.errors import DatabaseGone
from app.extensions import db
from app.mail import try_connection
from app.services import audit_checks, health, retention
from app.store import migrations
from app.store.database_errors import DATABASE_UNAVAILABLE, DatabaseUnavailable

_LOST = (
    "Stop it first. Move the files beside the database that end in -wal and -shm away, unless they came with the"
    " database that is there now: else SQLite would mix the two. Then start Keydesk, or restore a backup. If only the"
    " -wal was removed, Keydesk's log says whether the file has everything."
)
_RESTORE = "stop Keydesk, keep a copy of the file, and restore a backup"


@click.command()
@as_json
def doctor(is_json: bool) -> None:
    """Check the installation and say how to fix it.

    Checks settings, workers, Valkey, database, migrations, clock, audit logs, email, who may open files with secrets,
    and room on the disk. Exits with 1 if something is wrong.
    """
    findings = _examine()
    lines = [f"{'ok ' if finding.ok else 'BAD'}  {finding.what}: {finding.text}" for finding in findings]
    content = [{"check": finding.what, "ok": finding.ok, "detail": finding.text} for finding in findings]
    answer(is_json, {"data": content}, lambda: click.echo("\n".join(lines)))
    if not all(finding.ok for finding in findings):
        sys.exit(1)


def _examine() -> list[Finding]:
    try:
        settings = load_settings()
    except SettingsError as error:
        return [Finding(f"setting {name}", False, problem) for name, problem in error.problems.items()]
    mode = "dev mode, on localhost" if settings.dev_mode else "production"
    return [
        Finding("settings", True, f"{mode}, {settings.public_url}"),
        *(Finding(f"setting {name}", False, text) for name, text in consistency.warnings(settings).items()),
        _workers(settings),
        *machine_checks.sign_up(settings),
        *machine_checks.valkey(settings),
        # Opening what replaced the file would apply to it what is in the log of the one before.
        *(_lost_by_server(settings) or _database(settings)),
        # After the database, whose file is closed to others when it is opened.
        *machine_checks.files(settings),
        *machine_checks.disk(settings),
        _mail(settings),
    ]


def _workers(settings: Settings) -> Finding:
    ok = settings.workers == 1 or settings.valkey_url is not None
    text = f"{settings.workers}" if ok else f"{settings.workers} without VALKEY_URL: set it, or WORKERS=1"
    return Finding("workers", ok, text)


def _database(settings: Settings) -> list[Finding]:
    fix = "start it, or correct DATABASE_URL"
    try:
        app = create_app(settings)
    except SettingsError as error:
        return [Finding(f"setting {name}", False, problem) for name, problem in error.problems.items()]
    except OSError as error:
        return [Finding("database", False, f"{error}: {fix}")]
    with app.app_context():
        try:
            seconds = abs(health.database_seconds() - time.time())
            current = migrations.is_current()
            backlog = health.mail_backlog() if current else None
            broken = audit_checks.broken() if current else []
            damage = health.database_damage()
        except DatabaseUnavailable as error:
            return [Finding("database", False, f"{error}: {_RESTORE}")]
        except DATABASE_UNAVAILABLE as error:
            return [Finding("database", False, f"not reachable ({type(error).__name__}): {fix}")]
        finally:
            db.session.remove()
            db.engine.dispose()
        kind = "SQLite" if settings.is_sqlite else "PostgreSQL"
        if damage:
            return [Finding("database", False, f"the file is damaged ({damage}): {_RESTORE}")]
        return [
            Finding("database", True, f"{kind} is reachable"),
            Finding("migrations", current, "up to date" if current else f"not up to date: run {COMMAND} init"),
            Finding(
                "clock",
                seconds < 2,
                "agrees with the database's clock"
                if seconds < 2
                else f"{seconds:.0f} seconds off the database's clock: set up NTP",
            ),
            *([_unsent(*backlog)] if backlog else []),
            *_broken(broken),
        ]


def _lost_by_server(settings: Settings) -> list[Finding]:
    """A server that answers at HOST and PORT, if it has lost its database: only it knows which file it opened."""
    with closing(HTTPConnection(settings.host, settings.port, timeout=2)) as connection:
        try:
            connection.request("GET", "/readyz")
            is_lost = json.load(connection.getresponse())["detail"] == DatabaseGone.message
        except (OSError, HTTPException, ValueError, KeyError, TypeError):
            return []  # no server, or one that is well, or something else
    return [Finding("server", False, f"{DatabaseGone.message} {_LOST}")] if is_lost else []


def _broken(logs: Sequence[audit_checks.BrokenLog]) -> list[Finding]:
    fix = "run audit verify, and compare with a seal from a weekly mail, a downloaded log or a backup"
    return [
        Finding("audit log", False, f"that of {log.name} ({log.org_id}) is broken at entry {log.broken_at}: {fix}")
        for log in logs
    ] or [Finding("audit log", True, "no check in the background found a broken one")]


def _unsent(unsent: int, failing: int, failed: int, last_error: str | None) -> Finding:
    """Mails that were given up are counted but are no finding: an address that somebody mistyped is refused, too."""
    text = f"{unsent} unsent, {failed} failed in the last {retention.KEEP_SPENT.days} days"
    if last_error:
        text += f"; the last reason was {last_error}"
    return Finding("outbox", not failing, text)


def _mail(settings: Settings) -> Finding:
    if not settings.has_mail:
        return Finding("mail", settings.dev_mode, "not set up; sign-in links appear on the page (dev mode)")
    problem = try_connection(settings)
    fix = "check MAIL_SERVER, MAIL_PORT, MAIL_USE_TLS and the password"
    return Finding(
        "mail", problem is None, "the server accepts our sign-in" if problem is None else f"{problem}: {fix}"
    )
