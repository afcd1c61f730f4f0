"""Every answer that a test of this folder gets from a route of /v1 must be one that the API description declares."""

import pytest
from flask import Flask

from tests.api.description import CheckedClient


@pytest.fixture(autouse=True)
def every_answer_is_described(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "test_client_class", CheckedClient)
