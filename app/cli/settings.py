"""Settings for commands: what is wrong is said on stderr, name by name."""

import sys
from typing import NoReturn

import click

from app.config import Settings, SettingsError, load_settings


def settings_or_exit() -> Settings:
    try:
        return load_settings()
    except SettingsError as error:
        refuse(error)


def refuse(error: SettingsError) -> NoReturn:
    click.echo("Keydesk cannot start with these settings:", err=True)
    for name, problem in error.problems.items():
        click.echo(f"  {name} {problem}", err=True)
    click.echo("Set them in the environment or in a file .env here; README.md lists them all.", err=True)
    sys.exit(2)
