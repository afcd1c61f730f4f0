"""The references: what an application server and a framework cost by themselves."""

import sys

from flask import Flask

from app.cli.serve import granian
from app.config import load_settings


def bare_wsgi(_environ, start_response):
    """The smallest possible WSGI application. It returns a list, because Granian is slower with other iterables."""
    start_response("200 OK", [("Content-Length", "0")])
    return []


bare_flask = Flask("bare")


@bare_flask.get("/v1/me")
def show():
    """A view that does nothing but return JSON."""
    return {"data": {"key_id": "key_0", "name": "A key", "scopes": ["agent:rw"]}}


if __name__ == "__main__":
    granian(f"benchmarks.bare:{sys.argv[1]}", load_settings(), "127.0.0.1").serve()
