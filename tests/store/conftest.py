"""The store is used inside an application context, as in a request or a command."""

from collections.abc import Iterator

import pytest
from flask import Flask


@pytest.fixture
def app(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app
