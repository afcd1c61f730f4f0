"""How commands print: text for people or JSON for scripts, errors on stderr."""

import json
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import click

from app.config import SettingsError
from app.config.installation import DOCS

as_json = click.option("--json", "is_json", is_flag=True, help="Print JSON, for scripts.")


def answer(is_json: bool, content: Any, say: Callable[[], None]) -> None:
    """Prints `content` as JSON, or calls `say` to print text."""
    if is_json:
        click.echo(json.dumps(content, ensure_ascii=False))
    else:
        say()


def fail(message: str) -> NoReturn:
    """Prints `message` on stderr and ends the command with exit code 1."""
    click.echo(message, err=True)
    sys.exit(1)


def refuse_settings(error: SettingsError) -> NoReturn:
    """Prints every setting that is wrong on stderr, and ends the command with exit code 2."""
    click.echo("Keydesk cannot start with these settings:", err=True)
    for name, problem in error.problems.items():
        click.echo(f"  {name} {problem}", err=True)
    click.echo(
        f"Set them in the environment or in a file .env in this folder. {DOCS}/settings.md lists all settings.",
        err=True,
    )
    sys.exit(2)
