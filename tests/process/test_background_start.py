"""Background jobs start with the first request, once."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app.process import background_start


@pytest.fixture
def plain_app():
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: "answered")
    return app


def test_nothing_starts_before_the_first_request_and_nothing_twice(plain_app):
    begun, answer = [], plain_app.wsgi_app

    def begin():
        time.sleep(0.05)
        begun.append("jobs")

    background_start.with_first_request(plain_app, begin)
    assert begun == []
    with ThreadPoolExecutor(4) as pool:
        # Nobody is answered before they have started.
        asked = list(pool.map(lambda _: (plain_app.test_client().get("/").text, len(begun)), range(4)))
    assert asked == [("answered", 1)] * 4
    assert plain_app.wsgi_app == answer


def test_they_start_once_behind_a_wrapper_too(plain_app):
    begun = []
    background_start.with_first_request(plain_app, lambda: begun.append("jobs"))
    plain_app.wsgi_app = ProxyFix(plain_app.wsgi_app)
    for _ in range(2):
        assert plain_app.test_client().get("/").text == "answered"
    assert begun == ["jobs"]


@pytest.mark.parametrize("options", [{"enable-threads": True}, {"threads": b"4"}])
def test_uwsgi_with_threads_is_taken(options, plain_app, monkeypatch):
    monkeypatch.setitem(sys.modules, "uwsgi", SimpleNamespace(opt=options))
    background_start.start(plain_app)


def test_uwsgi_without_threads_is_refused_with_the_option_that_it_lacks(plain_app, monkeypatch):
    monkeypatch.setitem(sys.modules, "uwsgi", SimpleNamespace(opt={"master": True}))
    with pytest.raises(RuntimeError, match="--enable-threads"):
        background_start.start(plain_app)
