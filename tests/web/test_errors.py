"""Error pages are for people."""

import pytest
from flask import render_template
from sqlalchemy.exc import OperationalError

from app.http.problem_details import HTTP_CODES, STATUSES
from tests.web.pages import Page


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nope", 404), ("POST", "/", 405), ("GET", "/orgs/org_none/keys", 404)]
)
def test_an_error_page_says_what_and_the_way_out(alice, method, path, status):
    answer = alice.http.open(path, method=method)
    page = Page(answer)
    assert answer.status_code == status
    assert "/" in page.links
    assert answer.headers["X-Request-Id"] in page.text


def test_with_the_database_down_a_signed_in_person_gets_a_page_too(alice, monkeypatch):
    def down(*_args, **_values):
        raise OperationalError("SELECT 1", None, Exception("refused"))

    monkeypatch.setattr("app.store.sessions.live", down)
    answer = alice.http.get("/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert Page(answer).title == "Temporarily unavailable · Keydesk"


def test_a_crash_shows_nothing_of_the_inside(alice, monkeypatch):
    def crashes(*_args, **_values):
        raise RuntimeError("the inside")

    monkeypatch.setattr("app.services.organizations.of_person", crashes)
    answer = alice.http.get("/")
    assert answer.status_code == 500
    assert "the inside" not in Page(answer).text


def test_every_error_that_is_not_a_crash_has_a_title_of_its_own(app):
    statuses = {*STATUSES.values(), *HTTP_CODES} - {500}
    with app.test_request_context("/"):
        pages = [render_template("errors/error.html", status=status) for status in sorted(statuses)]
    titles = {page.partition("<title>")[2].partition("</title>")[0] for page in pages}
    assert len(titles) == len(statuses)
    assert not any("Something went wrong" in title for title in titles)
