"""As in tests/api: every answer from a route of /v1 must be one that the API description declares."""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.api.description import CheckedClient

#: What `post` sends unless it is given another body.
BODY = json.dumps({"email": "alice@example.com"}).encode()


@pytest.fixture(autouse=True)
def every_answer_is_described(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "test_client_class", CheckedClient)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser or program that is not signed in."""
    return app.test_client()


@pytest.fixture
def post(app: Flask) -> Callable[..., tuple[int, Any]]:
    """Sends a body as a server delivers it, with what the WSGI environment should say of it besides. Returns the status
    and the answer, which is JSON."""

    def post(body: bytes = BODY, **environ: Any) -> tuple[int, Any]:
        built = EnvironBuilder("/v1/auth/request", method="POST", content_type="application/json").get_environ()
        built.pop("CONTENT_LENGTH", None)
        built |= {"wsgi.input": BytesIO(body), "HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"} | environ
        answer, status, _ = run_wsgi_app(app.wsgi_app, built, buffered=True)
        return int(status.split()[0]), json.loads(b"".join(answer))

    return post
