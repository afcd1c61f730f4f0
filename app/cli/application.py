"""What every command does alike: an application context, errors on stderr, answers for people or for scripts."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from app.cli.settings import refuse, settings_or_exit
from app.config import SettingsError
from app.services.runtime import Desk

as_json = click.option("--json", "is_json", is_flag=True, help="Answer as JSON, for scripts.")


@contextmanager
def opened_desk(*, migrated: bool = True) -> Iterator[Desk]:
    """The desk on the database of the settings, brought up to date unless `migrated` is False. What is wrong ends the
    command with exit code 1, said on stderr."""
    from app import create_app
    from app.domain.errors import DomainError
    from app.extensions import db
    from app.services import health
    from app.store.unavailable import DATABASE_UNAVAILABLE

    try:
        app = create_app(settings_or_exit())
    except SettingsError as error:
        refuse(error)
    except OSError as error:
        fail(f"The folder of the database cannot be made: {error}")
    with app.app_context():
        try:
            if migrated:
                health.database_answers()
            yield app.extensions["desk"]
        except DomainError as error:
            fail(error.detail)
        except DATABASE_UNAVAILABLE as error:
            reason = str(getattr(error, "orig", error)).strip()
            fail(f"The database does not answer: {reason}\nStart it, or correct DATABASE_URL. See: doctor")
        finally:
            db.session.remove()
            db.engine.dispose()


def fail(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(1)


def answer(is_json: bool, content: Any, say: Callable[[], None]) -> None:
    """`content` as JSON for scripts, or whatever `say` prints for people."""
    if is_json:
        click.echo(json.dumps(content, ensure_ascii=False))
    else:
        say()
