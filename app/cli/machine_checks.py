"""What `doctor` finds out about the machine: files, disk, Valkey."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from limits.storage import storage_from_string

from app.config import Settings

#: As much as a day of a busy server writes, and a database that is full loses counts first.
LEAST_FREE_BYTES = 500 * 1024**2
_WORLD = 0o007


@dataclass(frozen=True)
class Finding:
    what: str
    ok: bool
    #: What was found, and the fix if it is not OK.
    text: str


def valkey(settings: Settings) -> list[Finding]:
    if settings.valkey_url is None:
        return []
    storage = storage_from_string(settings.valkey_url, socket_timeout=2, socket_connect_timeout=2)
    if not storage.check():
        return [Finding("valkey", False, "not reachable: start it, or correct VALKEY_URL")]
    return [Finding("valkey", True, "reachable"), _eviction(storage)]


def _eviction(storage: object) -> Finding:
    """A Valkey that is full and evicts forgets how often keys were used, and lets them through again."""
    try:
        policy = storage.storage.info("memory")["maxmemory_policy"]  # type: ignore[attr-defined]
    except (storage.base_exceptions, KeyError):  # type: ignore[attr-defined]
        return Finding("valkey eviction", True, "not known: Valkey does not tell this user")
    if policy == "noeviction":
        return Finding("valkey eviction", True, "noeviction")
    text = f"{policy} forgets how often keys were used: set maxmemory-policy to noeviction in Valkey's configuration"
    return Finding("valkey eviction", False, text)


def files(settings: Settings) -> list[Finding]:
    """Of files with secrets those that everybody on the machine may open. Keydesk takes its database from them at each
    start, if it may."""
    secret = [Path(".env").resolve(), settings.instance_path / "secret_key"]
    if (database := _database_file(settings)) is not None:
        secret += [Path(f"{database}{ending}") for ending in ("", "-wal", "-shm")]
    open_to_all = [str(file) for file in secret if file.is_file() and file.stat().st_mode & _WORLD]
    if open_to_all:
        names = " ".join(open_to_all)
        return [Finding("files", False, f"everybody on this machine may open {names}: run chmod 600 {names}")]
    return [Finding("files", True, "those with secrets are closed to others")]


def disk(settings: Settings) -> list[Finding]:
    """The disk with the SQLite database, on which a backup of it should fit. That of PostgreSQL cannot be seen from
    here."""
    database = _database_file(settings)
    if database is None or not database.parent.is_dir():
        return []
    size = database.stat().st_size if database.is_file() else 0
    free, wanted = shutil.disk_usage(database.parent).free, max(LEAST_FREE_BYTES, size)
    text = f"{_megabytes(free)} free in {database.parent}"
    if free < wanted:
        text += f", less than {_megabytes(wanted)}: make room, or move the database (DATABASE_URL)"
    return [Finding("disk", free >= wanted, text)]


def sign_up(settings: Settings) -> list[Finding]:
    """No error, but nothing that an operator should find out by accident."""
    guards_an_api = bool(settings.api_urls or settings.policy_file)
    if settings.dev_mode or settings.sign_up != "open" or not guards_an_api:
        return []
    guarded = ", ".join(settings.api_urls) or "the routes of POLICY_FILE"
    text = f"open, so everybody can get a key for {guarded}; SIGN_UP=invited, or domains, would close it"
    return [Finding("sign-up", True, text)]


def _database_file(settings: Settings) -> Path | None:
    return Path(settings.database_url.removeprefix("sqlite:///")) if settings.is_sqlite else None


def _megabytes(size: int) -> str:
    return f"{size // 1024**2:,} MiB"
