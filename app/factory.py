"""The application factory: what Keydesk is made of, in the order in which it is put together."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask import Flask

from app import api, extensions, http, mail, web
from app.config import ROOT, Settings, load_settings
from app.config.installation import SHORT_COMMAND
from app.domain.one_time_secrets import CodeMaker, LinkSigner
from app.domain.sign_up_key_derivation import KeyDeriver
from app.http import cookies, error_handlers
from app.http.body_limit import MAX_BODY
from app.services.counters import Counters
from app.services.fair_revocation_queue import RevocationQueue
from app.services.key_cache import KeyCache
from app.services.key_rate_limits import KeyRateLimits
from app.services.keys_needing_attention import KeysNeedingAttention
from app.services.metrics_processes import MetricsProcesses
from app.services.runtime import Runtime
from app.services.usage_recorder import UsageRecorder
from app.store import engine
from app.store.verification_connections import VerificationReader
from app.store.verification_queries import KeyRecords
from app.wsgi.access_log import AccessLog
from app.wsgi.dispatcher import Dispatcher
from app.wsgi.flask_subclass import Keydesk
from app.wsgi.forward_auth import ForwardAuth
from app.wsgi.security_headers import SecurityHeaders
from app.wsgi.static_files import StaticFiles
from app.wsgi.static_manifest import Manifest


def create_app(
    settings: Settings | None = None, *, clock: Callable[[], datetime] | None = None, routes: bool = True
) -> Flask:
    """The application. `settings` default to those in the environment. Commands, which answer no requests, go without
    `routes`. Raises `SettingsError` if settings are not valid."""
    settings = settings or load_settings()
    app = Keydesk("app", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.from_mapping(_flask_config(settings))
    app.config.from_mapping(mail.flask_mail_config(settings))
    app.json = api.json_responses.Json(app)
    _bind_extensions(app)
    _serve_static_files(app, settings)
    use_runtime(app, make_runtime(app, settings, clock or partial(datetime.now, UTC)))

    if routes:
        _register_routes(app)
    # Last: `jinja_env` is made of options that are set until now.
    app.jinja_env.globals["keydesk_command"] = SHORT_COMMAND
    return app


def _register_routes(app: Flask) -> None:
    http.register(app)
    web.register(app)
    api.register(app)
    error_handlers.register(app)
    http.check_routes(app)


def _bind_extensions(app: Flask) -> None:
    extensions.db.init_app(app)
    extensions.migrate.init_app(app, extensions.db, directory=str(ROOT / "migrations"))
    extensions.mail.init_app(app)
    with app.app_context():
        engine.prepare(extensions.db.engine)


def _serve_static_files(app: Flask, settings: Settings) -> None:
    """`url_for("static", …)` gives the name with the hash, which is answered in front of Flask."""
    manifest = Manifest(follows_changes=settings.dev_mode)

    def name_with_hash(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values["filename"] = manifest.served_name(values["filename"]) or values["filename"]

    app.url_defaults(name_with_hash)
    app.extensions["static_manifest"] = manifest
    app.extensions["static_files"] = StaticFiles(
        Keydesk.wsgi_app.__get__(app), manifest, follows_changes=settings.dev_mode
    )


def make_runtime(app: Flask, settings: Settings, clock: Callable[[], datetime]) -> Runtime:
    """A runtime with nothing cached and nothing counted yet."""
    secrets = settings.secret_keys
    with app.app_context():
        records = KeyRecords(VerificationReader(extensions.db.engine), settings.policy.satisfied)
    return Runtime(
        settings=settings,
        clock=clock,
        links=LinkSigner(secrets),
        codes=CodeMaker(secrets),
        key_deriver=KeyDeriver(settings.derivation_secret, secrets),
        usage=UsageRecorder(),
        counters=Counters(),
        metrics_processes=MetricsProcesses(settings.instance_path / f"metrics-{settings.port}"),
        key_records=records,
        key_cache=KeyCache(records),
        key_rate_limits=KeyRateLimits(settings.valkey_url, fail_open=settings.rate_limit_fail == "open"),
        revocation_queue=RevocationQueue(),
        keys_needing_attention=KeysNeedingAttention(),
        context=app.app_context,
    )


def use_runtime(app: Flask, runtime: Runtime) -> None:
    """Makes this the application's runtime, and puts the WSGI layers that use it in front of Flask."""
    app.extensions["runtime"] = runtime
    flask_app = SecurityHeaders(app.extensions["static_files"], runtime.settings)
    dispatcher = Dispatcher(flask_app, ForwardAuth(runtime), runtime.settings)
    app.wsgi_app = AccessLog(dispatcher) if runtime.settings.access_log else dispatcher  # type: ignore[method-assign]

    def out_of_service() -> None:
        app.extensions["is_out_of_service"] = True
        dispatcher.refuse_all()

    app.extensions["out_of_service"] = out_of_service


def _flask_config(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key.reveal(),
        "SECRET_KEY_FALLBACKS": [secret.reveal() for secret in settings.secret_key_fallbacks],
        "MAX_CONTENT_LENGTH": MAX_BODY,
        "PROPAGATE_EXCEPTIONS": False,
        "TEMPLATES_AUTO_RELOAD": settings.dev_mode,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine.engine_options(settings.database_url),
        # Flask's own session cookie only carries one-line notices and unsent forms from one page to the next.
        "SESSION_COOKIE_NAME": cookies.unplantable(cookies.NOTICE, settings),
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        # Never set by us; the name keeps another program's cookie on the same host from being read as ours.
        "REMEMBER_COOKIE_NAME": "whs_unused",
        "RATELIMIT_STORAGE_URI": settings.valkey_url or "memory://",
        # If Valkey is down or hangs, it must not delay sign-in, whose own limits are in the database.
        "RATELIMIT_STORAGE_OPTIONS": {"socket_timeout": 0.25, "socket_connect_timeout": 0.25}
        if settings.valkey_url
        else {},
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
    }
