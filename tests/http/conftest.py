"""As in tests/api: every answer from a route of /v1 must be one that the API description declares."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.api.description import CheckedClient


@pytest.fixture(autouse=True)
def every_answer_is_described(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "test_client_class", CheckedClient)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser or program that is not signed in."""
    return app.test_client()
