"""Whether the database answers."""

import pytest

from app.services import health
from app.store.database_errors import DATABASE_UNAVAILABLE


def test_a_database_that_answers_raises_nothing(app):
    assert health.database_answers() is None


def test_one_that_does_not_raises_what_the_error_page_knows(app, monkeypatch):
    from sqlalchemy import create_engine

    from app.extensions import db

    nowhere = create_engine("postgresql+psycopg://127.0.0.1:1/nowhere", connect_args={"connect_timeout": 1})
    db.session.close()
    monkeypatch.setattr(db.session(), "get_bind", lambda *_args, **_values: nowhere)
    with pytest.raises(DATABASE_UNAVAILABLE):
        health.database_answers()
    db.session.close()
