"""Request ids: one for each request, in any number of processes."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

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
