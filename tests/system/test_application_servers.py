"""Application servers other than `serve`, started as docs/deploy.md says: each makes keys, checks them and counts."""

import signal
import sys
import time
from collections import Counter

import pytest

from tests.proxies.running import found_program
from tests.servers import serving
from tests.system.visitors import ENDPOINTS, Request, Visitor, at_once, query

GUNICORN = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", "127.0.0.1:{port}"]
UWSGI = ["uwsgi", "--http-socket", "127.0.0.1:{port}", "--module", "wsgi:app", "--master", "--enable-threads"]
UWSGI += ["--die-on-term", "--need-app", "--disable-logging", "--add-header", "Connection: close"]
SERVERS = {
    "gunicorn sync": GUNICORN,
    "gunicorn gthread": [*GUNICORN, "--workers", "2", "--threads", "8"],
    "gunicorn preload": [*GUNICORN, "--workers", "2", "--threads", "8", "--preload"],
    "uwsgi": [*UWSGI, "--workers", "2", "--threads", "8"],
    "uwsgi lazy": [*UWSGI, "--workers", "2", "--lazy-apps"],
    "waitress": ["waitress-serve", "--listen", "127.0.0.1:{port}", "--threads", "8", "wsgi:app"],
}
#: The suite has another test with threads of gunicorn; each start costs seconds.
LONG = {"gunicorn gthread", "uwsgi lazy"}
#: waitress obeys no other signal gracefully.
STOPS = {"waitress": signal.SIGINT}


def asked(server, database, stop):
    """A key made and checked, in every process and at once; what was counted, once the server has stopped."""
    with Visitor(server) as visitor:
        key = visitor.sign_in("alice@example.com").create_key()["key"]
        endpoints = list(ENDPOINTS.values()) * 10
        answers = at_once(
            Request(server, *endpoint, {"x-api-key": key, "Connection": "close"}) for endpoint in endpoints
        )
        assert Counter(answer.status for answer in answers) == {200: 20}
        # The next flush.
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and counted(database) < 20:
            time.sleep(0.1)
        assert counted(database) == 20
        # Right before the stop.
        assert visitor.me(key).status_code == 200
    server.stop(stop)
    assert counted(database) == 21
    assert "Traceback" not in server.log


def counted(database):
    return query(database, "SELECT coalesce(sum(requests), 0) FROM usage_hour")[0][0]


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.soak] * (name in LONG)) for name in SERVERS])
def test_a_server_makes_and_checks_keys(name, database, tmp_path):
    command = [*SERVERS[name]]
    command[0] = found_program(command[0], f"{sys.executable} -m pip install -r requirements/dev.txt")
    with serving(database, tmp_path, command=command) as server:
        asked(server, database, STOPS.get(name, signal.SIGTERM))
