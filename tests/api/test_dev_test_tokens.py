"""Test tokens over HTTP: for programs on this machine, without a proxy in between."""

import pytest

from app.config import load_settings
from tests.databases import SECRET

pytestmark = pytest.mark.own_app


@pytest.fixture
def settings(database, tmp_path):
    environ = {"DATABASE_URL": database, "SECRET_KEY": SECRET, "ENABLE_TEST_TOKEN_ENDPOINT": "true"}
    return load_settings(environ, instance_path=tmp_path)


@pytest.fixture
def client(app):
    return app.test_client()


def ask(client, **options):
    return client.post("/v1/auth/test-token", **options)


def test_a_program_on_this_machine_gets_one_that_works(client):
    answer = ask(client)
    assert answer.status_code == 200
    assert client.get("/v1/me", headers={"x-api-key": answer.get_json()["data"]["token"]}).status_code == 200


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"Via": "1.1 proxy"}},
        {"headers": {"Forwarded": "for=127.0.0.1"}},
        {"environ_base": {"REMOTE_ADDR": "203.0.113.7"}},
    ],
)
def test_through_a_proxy_and_from_elsewhere_it_is_refused_with_the_reason(client, options):
    answer = ask(client, **options)
    assert (answer.status_code, answer.get_json()["error_code"]) == (403, "FORBIDDEN")
    assert "without a proxy in between" in answer.get_json()["detail"]
    assert "token" not in answer.get_json()
