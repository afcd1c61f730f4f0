"""Serves the demo at https://keys.acme.example, for one browser on this machine."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from flask import Flask
from werkzeug.serving import make_server

from app import create_app
from app.config import Settings, load_settings
from app.extensions import db
from app.store import migrations
from screenshots import demo
from screenshots.demo import Clock, Demo

HOST = "keys.acme.example"


@contextmanager
def serving() -> Iterator[tuple[int, Demo]]:
    """The port of the server, and what it shows. Nothing of it is left when the block ends."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with TemporaryDirectory(prefix="keydesk-screenshots-") as folder, demo.same_random_numbers():
        app, clock = _app(Path(folder))
        try:
            shown = demo.build(app, clock)
            # The certificate is made for the occasion; the browser is told to accept it.
            server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context="adhoc")
            Thread(target=server.serve_forever, daemon=True).start()
            try:
                yield server.server_port, shown
            finally:
                server.shutdown()
                server.server_close()
        finally:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()
                app.extensions["runtime"].key_records.close()


def settings(folder: Path) -> Settings:
    """With a mail server, to which nothing is sent: pages are as they are in production."""
    environment = {
        "DATABASE_URL": f"sqlite:///{folder}/keydesk.db",
        "SECRET_KEY": "not-secret-because-it-ends-with-the-pictures",
        "PUBLIC_URL": f"https://{HOST}",
        "MAIL_SERVER": "localhost",
    }
    return load_settings(environment, instance_path=folder)


def _app(folder: Path) -> tuple[Flask, Clock]:
    clock = Clock()
    app = create_app(settings(folder), clock=clock)
    with app.app_context():
        migrations.upgrade()
    return app, clock
