"""Whether the database answers."""

import pytest

from app.services import health
from app.store.database_errors import DATABASE_UNAVAILABLE
from tests import databases


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


@pytest.mark.own_app
@pytest.mark.databases("sqlite")
def test_a_damaged_page_is_503_in_every_request_that_reads_it(app, cast, settings):
    key = cast.alice.create_key()["key"]
    databases.damage_keys(settings.database_url)
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["error_code"]) == (503, "DATABASE_UNAVAILABLE")
    assert client.get("/v1/me", headers={"x-api-key": key}).status_code == 503
    assert cast.alice.http.get(f"/v1/orgs/{cast.alice.org}/keys").status_code == 503


@pytest.mark.own_app
@pytest.mark.databases("sqlite")
def test_the_log_tells_of_the_damage_and_quotes_no_row(app, settings, caplog):
    databases.damage_keys(settings.database_url)
    assert app.test_client().get("/readyz").status_code == 503
    said = [(record.getMessage(), record.reason) for record in caplog.records if record.name == "keydesk"]
    assert said == [("the database is not available", "corrupted")]
