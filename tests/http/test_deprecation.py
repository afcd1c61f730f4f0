"""Every answer to an install id says that it is deprecated."""

from urllib.parse import urlsplit

from werkzeug.http import parse_date

from app.domain.install_id_sunset import SUNSET


def test_every_answer_to_an_install_id_says_until_when_and_what_instead(app, cast):
    client = app.test_client()
    for install_id, status in ((cast.install_id(), 200), ("nonsense", 401)):
        answer = client.get("/v1/me", headers={"x-install-id": install_id})
        assert answer.status_code == status
        # RFC 9745: a structured date; RFC 8594: an HTTP date, the last moment at which they work.
        assert answer.headers["Deprecation"] == "@1767225600"
        assert parse_date(answer.headers["Sunset"]) == SUNSET
        target, *parameters = answer.headers["Link"].split("; ")
        assert parameters == ['rel="deprecation"', 'type="text/html"']
        page = client.get(urlsplit(target.strip("<>")).path)
        assert target == "<http://localhost:7860/install-ids>"
        assert page.status_code == 200
        assert page.content_type == "text/html; charset=utf-8"
    assert "Deprecation" not in client.get("/v1/me").headers
