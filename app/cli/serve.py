"""`serve`: starts the web server."""

import errno
import logging
import os
import socket
from contextlib import suppress
from typing import Any

import click
from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces, RuntimeModes
from granian.log import LogLevels

from app import create_app
from app.cli.app_context import settings_or_exit
from app.cli.output import fail, refuse_settings
from app.config import ROOT, Settings, SettingsError, consistency
from app.config.installation import COMMAND
from app.extensions import db
from app.logs import setup as logs
from app.process import graceful_shutdown, open_files
from app.store import migrations
from app.store.database_errors import DATABASE_UNAVAILABLE

log = logging.getLogger("keydesk")

#: Threads for requests in each process. Each can hold a database connection.
BLOCKING_THREADS = 8


@click.command()
def serve() -> None:
    """Start the server. Reads its settings from the environment and from a file .env in this folder."""
    settings = settings_or_exit()
    if settings.workers > 1 and not settings.valkey_url:
        refuse_settings(
            SettingsError(
                {
                    "WORKERS": f"is {settings.workers}, but without VALKEY_URL each process would count rate limits"
                    " separately: set VALKEY_URL, or WORKERS=1"
                }
            )
        )
    clients = _most_clients()
    address = _free_address(settings)
    _check_metrics_port(settings)
    logs.configure(settings.log_format, settings.log_level)
    app = create_app(settings)
    _prepare_static_files(app)
    _prepare_database(app, settings)
    _welcome(settings)
    graceful_shutdown.notice()
    graceful_shutdown.heed_while_starting()
    _let_threads_finish()
    granian("wsgi:app", settings, address, clients).serve()


def _most_clients() -> int:
    """How many connections a process accepts. Ends the command if too few files may be open."""
    limit = open_files.raise_limit()
    if limit < open_files.FEWEST_FILES:
        fail(
            f"Only {limit} files may be open at once, and each connection is one; Keydesk needs"
            f" {open_files.FEWEST_FILES}, better 4096. Raise LimitNOFILE of the unit, or `ulimit -n`."
        )
    return open_files.most_clients(limit)


def _free_address(settings: Settings) -> str:
    """The IP address of HOST, if the port is free. Granian would share the port with another Keydesk."""
    try:
        # The smallest is IPv4 if a name has both.
        family, kind, protocol, _, address = min(
            socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        )
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            refuse_settings(
                SettingsError({"PORT": f"{settings.port} is not available ({error.strerror}): set another port"})
            )
        refuse_settings(
            SettingsError({"HOST": f"{settings.host} is not an address of this machine ({error.strerror})"})
        )
    return str(address[0])


def _check_metrics_port(settings: Settings) -> None:
    """Ends the command if nobody can serve METRICS_BIND: the processes take an address that is in use for each
    other's."""
    if settings.metrics_bind is None:
        return
    host, port = settings.metrics_bind
    problem = None
    if port == settings.port:
        problem = "is the PORT of Keydesk: set another port, or METRICS_TOKEN instead"
    else:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            problem = f"{host} port {port} is not available ({error.strerror}): set another address or port"
    if problem:
        refuse_settings(SettingsError({"METRICS_BIND": problem}))


def _prepare_static_files(app: Flask) -> None:
    """Makes those that are missing or old. `make setup` has made them, unless a file was changed since."""
    try:
        app.extensions["static_manifest"].prepare()
    except OSError as error:
        fail(f"Cannot make the static files: {error}. Run `make setup` as a user who may write to this folder.")


def _prepare_database(app: Flask, settings: Settings) -> None:
    """Migrates SQLite. A PostgreSQL database that is not migrated ends the command: its operator decides when."""
    with app.app_context():
        try:
            if settings.is_sqlite:
                migrations.upgrade()
            elif not migrations.is_current():
                fail(f"The database at DATABASE_URL is not migrated. Back it up, then run: {COMMAND} init")
        except DATABASE_UNAVAILABLE as error:
            fail(f"Cannot connect to the database at DATABASE_URL: {getattr(error, 'orig', error)}")
        # Worker processes are forked from this process and must not inherit its connections.
        db.engine.dispose()
        app.extensions["runtime"].key_records.close()


def _let_threads_finish() -> None:
    """Asks Linux for batch scheduling, so that a thread that wakes does not preempt the one that holds the interpreter
    lock (docs/adr/0017-verification-before-flask.md). Some systems do not support or allow this."""
    with suppress(AttributeError, OSError):
        # Keep a policy that the operator has chosen.
        if os.sched_getscheduler(0) == os.SCHED_OTHER:
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def granian(target: str, settings: Settings, address: str, clients: int = open_files.MOST_CLIENTS) -> Any:
    """The application server for `target`. Each process accepts `clients` connections, and more wait in the system's
    queue. Benchmarks also use it, to serve bare applications."""
    return Granian(
        target,
        address=address,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=BLOCKING_THREADS,
        backpressure=clients,
        http=HTTPModes.http1,
        runtime_mode=RuntimeModes.st,
        websockets=False,
        log_level=LogLevels.error,
        log_dictconfig=logs.GRANIAN,
        respawn_failed_workers=True,
        workers_kill_timeout=graceful_shutdown.STOP_SECONDS,
        working_dir=ROOT,
    )


def _welcome(settings: Settings) -> None:
    lines = [f"Keydesk is at {settings.public_url}"]
    if settings.dev_mode:
        lines += [
            "Dev mode: email is not set up, so sign-in links appear on the page and here.",
            f"Next: open {settings.public_url}, enter any email address, open the link, create a key.",
        ]
    else:
        lines += [f"Next: sign in at {settings.public_url}/sign-in"]
    log.info("\n".join([*lines, "Stop with Ctrl-C."]), extra={"event": "server.started"})
    for name, problem in consistency.warnings(settings).items():
        log.warning("%s %s.", name, problem, extra={"event": "setting.doubtful", "setting": name})
