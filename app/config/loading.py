"""Loads the settings from the environment, and refuses those with which Keydesk cannot run."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from app.config import consistency, route_policy_file
from app.config.paths import DATA_FOLDER, IS_INSTALLED, ROOT
from app.config.settings import Settings
from app.domain.secret import Secret


class SettingsError(Exception):
    """One or more settings are not valid; `problems` maps their names to what is wrong."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("\n".join(f"{name}: {problem}" for name, problem in problems.items()))


def load_settings(environ: Mapping[str, str] | None = None, *, instance_path: Path | None = None) -> Settings:
    """Reads the settings from `environ`: by default the process's environment, and `.env` in the working directory for
    what is not set there.

    Raises `SettingsError`, which names all the problems at once.
    """
    if environ is None:
        environ = {**{k: v for k, v in dotenv_values(".env").items() if v is not None}, **os.environ}
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for item in fields(Settings):
        raw = environ.get(item.name.upper(), "").strip()
        if item.metadata.get("internal") or not raw:
            continue
        try:
            values[item.name] = item.metadata["parse"](raw)
        except ValueError as error:
            problems[item.name.upper()] = str(error)
    values["instance_path"] = instance_path or values.get("keydesk_home") or DATA_FOLDER
    if url := values.get("database_url"):
        values["database_url"] = _from_one_folder(url, values["instance_path"])
    if problems:
        raise SettingsError(problems)
    return _complete(values)


def _from_one_folder(url: str, data: Path) -> str:
    """A SQLite database with a relative path is the same in whatever folder a command runs."""
    if not url.startswith("sqlite:"):
        return url
    return f"sqlite:///{(data if IS_INSTALLED else ROOT) / url.removeprefix('sqlite:///')}"


def _complete(values: dict[str, Any]) -> Settings:
    """Fills in the defaults that depend on other settings, and refuses combinations that do not work."""
    problems: dict[str, str] = {}
    try:
        values["policy"] = route_policy_file.load(values.get("policy_file"))
    except (OSError, ValueError) as error:
        problems["POLICY_FILE"] = str(error)
    values.setdefault("public_url", f"http://localhost:{values.get('port', Settings.port)}")
    draft = Settings(**values)
    values.setdefault("database_url", f"sqlite:///{draft.instance_path / 'keydesk.db'}")
    values.setdefault("trusted_hosts", (draft.public_host,))
    values.setdefault("mail_default_sender", f"Keydesk <keydesk@{draft.public_host}>")
    problems |= consistency.problems(draft)
    if problems:
        raise SettingsError(problems)
    if not draft.secret_key:
        values["secret_key"] = _kept_dev_secret(draft.instance_path)
    return Settings(**values)


def _kept_dev_secret(instance_path: Path) -> Secret:
    """The secret key of dev mode, created once. If two processes start at the same moment, the first file wins."""
    instance_path.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = instance_path / "secret_key"
    if not file.exists():
        fresh = instance_path / f"secret_key.{os.getpid()}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32), encoding="ascii")
        try:
            os.link(fresh, file)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return Secret(file.read_text(encoding="ascii").strip())
