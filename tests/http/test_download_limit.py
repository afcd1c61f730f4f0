"""The limit on files that are made when somebody asks for them."""

import pytest

from tests.web.pages import Page

LIMIT = "app.http.download_limit.DOWNLOADS_OF_PERSON"
FILES = ("audit-log/export.csv", "audit-log/export.jsonl", "keys/export.csv")


@pytest.fixture
def status():
    """Of an answer, whose file is read to its end."""

    def status(person, path):
        answer = person.http.get(path)
        assert answer.data
        return answer.status_code

    return status


def test_files_of_every_kind_count_together_by_person(cast, monkeypatch, status):
    monkeypatch.setattr(LIMIT, "3 per minute")
    alice = cast.alice
    paths = [f"/orgs/{alice.org}/{file}" for file in FILES]
    assert [status(alice, path) for path in paths] == [200] * 3
    for path in paths:
        answer = alice.http.get(path)
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "60"
        assert answer.headers["RateLimit-Policy"] == '"download";q=3;w=60'
        page = Page(answer)
        assert page.title.startswith("Too many requests ·")
        assert "You have downloaded many files within a minute." in page.text
    # Not limited: other people, and what makes no file.
    assert status(cast.adam, paths[0]) == 200
    assert alice.http.get(f"/orgs/{alice.org}/audit-log").status_code == 200
    assert alice.http.head(paths[0]).status_code == 200


def test_strangers_are_not_told_of_it(cast, monkeypatch):
    monkeypatch.setattr(LIMIT, "1 per minute")
    charlie = cast.charlie
    assert [charlie.http.get(f"/orgs/{cast.alice.org}/{FILES[0]}").status_code for _ in range(2)] == [404] * 2


@pytest.mark.parametrize("query", ["", "?action=made&state=all"])
@pytest.mark.parametrize("file", FILES)
def test_who_asks_for_the_headers_alone_gets_those_of_the_file_and_none_is_made(alice, monkeypatch, file, query):
    alice.create_key()
    path = f"/orgs/{alice.org}/{file}{query}"
    made = alice.http.get(path)
    assert made.data
    monkeypatch.delattr("app.web.download.TemporaryFile")
    answer = alice.http.head(path)
    assert (answer.status_code, answer.data) == (200, b"")
    for name in ("Content-Type", "Content-Disposition"):
        assert answer.headers[name] == made.headers[name]
    # Nobody knows it before the file is made.
    assert "Content-Length" not in answer.headers


def test_every_view_that_makes_a_file_is_limited(app):
    limited = {endpoint for endpoint, view in app.view_functions.items() if hasattr(view, "has_download_limit")}
    assert limited == {"audit_download.as_csv", "audit_download.as_json", "key_list.export"}
    assert {endpoint for endpoint in app.view_functions if ".export" in endpoint or "_download." in endpoint} == limited
