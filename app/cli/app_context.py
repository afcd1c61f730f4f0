"""Opens the application for a command: settings, application context, errors on stderr."""

from collections.abc import Iterator
from contextlib import contextmanager

from app import create_app
from app.cli.output import fail, refuse_settings
from app.config import Settings, SettingsError, load_settings
from app.domain.errors import DomainError
from app.extensions import db
from app.services import health
from app.services.runtime import Runtime
from app.store.database_errors import DATABASE_UNAVAILABLE


def settings_or_exit() -> Settings:
    try:
        return load_settings()
    except SettingsError as error:
        refuse_settings(error)


@contextmanager
def open_runtime(*, migrated: bool = True) -> Iterator[Runtime]:
    """The application's runtime, inside its context. The database must be migrated unless `migrated` is False.

    Prints errors on stderr. Ends the command with exit code 1, or 2 for wrong settings.
    """
    try:
        app = create_app(settings_or_exit(), routes=False)
    except SettingsError as error:
        refuse_settings(error)
    except OSError as error:
        fail(f"Cannot create the folder of the database: {error}")
    with app.app_context():
        try:
            if migrated:
                health.database_answers()
            yield app.extensions["runtime"]
        except DomainError as error:
            fail(error.detail)
        except DATABASE_UNAVAILABLE as error:
            reason = str(getattr(error, "orig", error)).strip()
            fail(f"Cannot connect to the database: {reason}\nStart it, or correct DATABASE_URL. For help, run: doctor")
        finally:
            db.session.remove()
            db.engine.dispose()
