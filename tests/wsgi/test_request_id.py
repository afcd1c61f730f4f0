"""Request ids: one for each request, in any number of processes."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.key_format import mint
from app.logs.formats import request_id_of
from app.logs.request_id import REQUEST_ID
from app.store.database_errors import DatabaseUnavailable
from app.wsgi.request_id import new_request_id
from tests.servers import ROOT


def test_every_answer_has_its_own_id(app):
    client = app.test_client()
    assert len({client.get("/healthz").headers["X-Request-Id"] for _ in range(50)}) == 50


def test_threads_get_no_id_twice():
    with ThreadPoolExecutor(8) as pool:
        made = [one for some in pool.map(lambda _: [new_request_id() for _ in range(500)], range(16)) for one in some]
    assert len(set(made)) == 8000


def test_a_forked_process_has_a_name_of_its_own():
    code = """
import os
from app.wsgi.request_id import new_request_id
print(new_request_id(), flush=True)
child = os.fork()
if child:
    os.waitpid(child, 0)
print(new_request_id(), flush=True)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    before, in_child, after = (line.partition("-")[0] for line in done.stdout.split())
    assert before == after != in_child
    assert len(set(done.stdout.split())) == 3


def sent(client, request_id, path="/healthz"):
    return client.get(path, headers={"X-Request-Id": request_id}).headers.getlist("X-Request-Id")


@pytest.mark.parametrize("path", ["/healthz", "/v1/nothing", "/v1/forward-auth/v1/notes", "/static/nothing"])
def test_the_id_of_a_trusted_proxy_is_kept(app, set_settings, path):
    client = app.test_client()
    for own in ("a", "Root=1-67891233-abcdef012345678912345678", "x" * 64):
        assert sent(client, own, path) != [own]
    set_settings(trusted_hops=1)
    for own in ("a", "Root=1-67891233-abcdef012345678912345678", "x" * 64):
        assert sent(client, own, path) == [own]


def test_a_key_that_is_let_through_has_it_too(app, cast, set_settings):
    set_settings(trusted_hops=1)
    headers = {"X-Api-Key": cast.alice.create_key(scopes=["notes:read"])["key"], "X-Request-Id": "abc"}
    for _ in range(3):
        answer = app.test_client().get("/v1/forward-auth/v1/notes", headers=headers)
        assert (answer.status_code, answer.headers["X-Request-Id"]) == (200, "abc")


@pytest.mark.parametrize(
    "own",
    [
        "",
        "x" * 65,
        "a b",
        'a"b',
        "a@example.com",
        "ä",
        "a,b",
        "a/b",
        pytest.param(mint("whk_").plaintext.reveal(), id="a key"),
    ],
)
def test_one_that_is_too_long_or_strange_or_a_key_is_replaced(app, set_settings, own):
    set_settings(trusted_hops=1)
    (made,) = sent(app.test_client(), own)
    assert re.fullmatch(r"[0-9a-f]{12}-\d+", made)


def test_each_line_of_a_request_has_its_id(app, set_settings, monkeypatch, caplog):
    def down(*_args, **_values):
        raise DatabaseUnavailable("gone", "down")

    def note(record):
        record.seen = request_id_of(record)
        return True

    set_settings(trusted_hops=1)
    monkeypatch.setattr("app.services.key_verification.verify_presented", down)
    headers = {"X-Api-Key": mint("whk_").plaintext.reveal(), "X-Forwarded-For": "192.0.2.1"}
    with caplog.filtering(note):
        for path in ("/v1/forward-auth/v1/notes", "/v1/me"):
            assert app.test_client().get(path, headers=headers | {"X-Request-Id": path[4:6]}).status_code == 503
    assert [(record.seen, record.reason) for record in caplog.records] == [("fo", "down"), ("me", "down")]
    assert REQUEST_ID.get() == ""
