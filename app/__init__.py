"""Keydesk: the key desk of an API."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from flask import Flask

    from app.config import Settings

# What is made while the process starts lives until it ends: looking for garbage among it takes a fifth of the start.
gc.set_threshold(500_000)


def create_app(
    settings: Settings | None = None, *, clock: Callable[[], datetime] | None = None, routes: bool = True
) -> Flask:
    """The application. `settings` default to those in the environment. Commands, which answer no requests, go without
    `routes`. Raises `SettingsError` if settings are not valid."""
    # Imported here, so that importing `app.domain` or `app.cli` does not load Flask.
    from app import factory

    return factory.create_app(settings, clock=clock, routes=routes)
