"""The application that a command works on: settings, application context, errors said on stderr."""

from collections.abc import Iterator
from contextlib import contextmanager

from app import create_app
from app.cli.output import fail, refuse_settings
from app.config import Settings, SettingsError, load_settings
from app.domain.errors import DomainError
from app.extensions import db
from app.services import health
from app.services.runtime import Runtime
from app.store.unavailable import DATABASE_UNAVAILABLE


def settings_or_exit() -> Settings:
    try:
        return load_settings()
    except SettingsError as error:
        refuse_settings(error)


@contextmanager
def open_runtime(*, migrated: bool = True) -> Iterator[Runtime]:
    """The application on the database of the settings, which must be migrated unless `migrated` is False. Errors are
    said on stderr and end the command with exit code 1."""
    try:
        app = create_app(settings_or_exit())
    except SettingsError as error:
        refuse_settings(error)
    except OSError as error:
        fail(f"The folder of the database cannot be made: {error}")
    with app.app_context():
        try:
            if migrated:
                health.database_answers()
            yield app.extensions["runtime"]
        except DomainError as error:
            fail(error.detail)
        except DATABASE_UNAVAILABLE as error:
            reason = str(getattr(error, "orig", error)).strip()
            fail(f"The database does not answer: {reason}\nStart it, or correct DATABASE_URL. See: doctor")
        finally:
            db.session.remove()
            db.engine.dispose()
