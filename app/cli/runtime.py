"""What every command does alike: an application context, errors on stderr, answers for people or for scripts."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from app.cli.settings import refuse, settings_or_exit
from app.config import SettingsError
from app.services.desk import Desk

as_json = click.option("--json", "is_json", is_flag=True, help="Answer as JSON, for scripts.")


@contextmanager
def opened_desk() -> Iterator[Desk]:
    """The desk on the database of the settings. What is wrong ends the command with exit code 1, said on stderr."""
    from app import create_app
    from app.domain.errors import DomainError
    from app.store.errors import DATABASE_UNAVAILABLE

    try:
        app = create_app(settings_or_exit())
    except SettingsError as error:
        refuse(error)
    with app.app_context():
        try:
            yield app.extensions["desk"]
        except DomainError as error:
            fail(error.detail)
        except DATABASE_UNAVAILABLE as error:
            fail(f"The database does not answer, or has no tables yet ({type(error).__name__}). Try: doctor, or: init")


def fail(message: str) -> None:
    click.echo(message, err=True)
    sys.exit(1)


def answer(is_json: bool, content: Any, say: Callable[[], None]) -> None:
    """`content` as JSON for scripts, or whatever `say` prints for people."""
    if is_json:
        click.echo(json.dumps(content, ensure_ascii=False))
    else:
        say()
