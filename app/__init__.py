"""Keydesk: the key desk of an API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from flask import Flask

    from app.config import Settings


def create_app(settings: Settings | None = None, *, clock: Callable[[], datetime] | None = None) -> Flask:
    """The application. `settings` default to the environment; raises `SettingsError` when they cannot be used."""
    from app import api, errors, extensions, http, mail, web
    from app.config import ROOT, load_settings
    from app.flask_app import Keydesk
    from app.gate import Gate
    from app.security_headers import SecurityHeaders
    from app.store import engine

    settings = settings or load_settings()
    app = Keydesk("app", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.from_mapping(_flask_config(settings))
    app.config.from_mapping(mail.configure(settings))
    app.json = api.answers.Json(app)

    extensions.db.init_app(app)
    extensions.migrate.init_app(app, extensions.db, directory=str(ROOT / "migrations"))
    extensions.mail.init_app(app)
    with app.app_context():
        engine.prepare(extensions.db.engine)
        app.extensions["desk"] = _desk(app, settings, clock)

    http.register(app)
    web.register(app)
    api.register(app)
    errors.register(app)
    http.check_routes(app)

    # The gate keeps the desk: who puts another into `extensions` makes another gate, too.
    gate = Gate(SecurityHeaders(app.wsgi_app, settings), app.extensions["desk"])
    app.wsgi_app = gate.__call__  # type: ignore[method-assign]
    return app


def _desk(app: Flask, settings: Settings, clock: Callable[[], datetime] | None) -> object:
    """Call it inside an application context."""
    from datetime import UTC, datetime
    from functools import partial
    from threading import Semaphore

    from app.domain.derived_keys import KeyDeriver
    from app.domain.one_time import CodeMaker, LinkSigner
    from app.extensions import db
    from app.services.desk import MAX_WITHDRAWALS, Desk
    from app.services.foreign_keys import ForeignKeys
    from app.services.lease import Lease
    from app.services.rate_limits import RateLimits
    from app.services.usage import UsageRecorder
    from app.store.autocommit import AutocommitReader
    from app.store.key_records import KeyRecords

    secrets = settings.secret_keys
    records = KeyRecords(AutocommitReader(db.engine), settings.policy.granted)
    return Desk(
        settings=settings,
        clock=clock or partial(datetime.now, UTC),
        links=LinkSigner(secrets),
        codes=CodeMaker(secrets),
        derived=KeyDeriver(settings.derivation_secret, secrets),
        usage=UsageRecorder(),
        foreign_keys=ForeignKeys(records.has_imported),
        records=records,
        lease=Lease(records),
        rate_limits=RateLimits(settings.valkey_url, fail_open=settings.rate_limit_fail == "open"),
        withdrawals=Semaphore(MAX_WITHDRAWALS),
        context=app.app_context,
    )


def _flask_config(settings: Settings) -> dict[str, object]:
    from app.http.request_checks import MAX_BODY
    from app.store.engine import engine_options

    return {
        "SECRET_KEY": settings.secret_key,
        "SECRET_KEY_FALLBACKS": list(settings.secret_key_fallbacks),
        "MAX_CONTENT_LENGTH": MAX_BODY,
        "PROPAGATE_EXCEPTIONS": False,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings.database_url),
        # Flask's own cookie carries one-line notices between two pages, nothing else.
        "SESSION_COOKIE_NAME": "whs_notice",
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        # Never set by us; the name keeps another program's cookie on the same host from being read as ours.
        "REMEMBER_COOKIE_NAME": "whs_unused",
        "RATELIMIT_STORAGE_URI": settings.valkey_url or "memory://",
        # Valkey that is down or hangs must not hold up sign-in: its own limits are in the database.
        "RATELIMIT_STORAGE_OPTIONS": {"socket_timeout": 0.25, "socket_connect_timeout": 0.25}
        if settings.valkey_url
        else {},
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
    }
