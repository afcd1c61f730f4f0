"""Static files: answered in front of Flask, under names that browsers may keep for good."""

import gzip

import brotli
import httpx
import pytest

from app import create_app
from app.config import load_settings
from app.wsgi.static_files import StaticFiles
from tests.conftest import SECRET
from tests.servers import serving


@pytest.fixture(params=["dev mode", "production"])
def app(request, tmp_path):
    """In dev mode files are looked for, in production they are known from the start."""
    mail = {"MAIL_SERVER": "127.0.0.1", "PUBLIC_URL": "https://keys.example.com", "SECRET_KEY": SECRET}
    environ = {"DATABASE_URL": f"sqlite:///{tmp_path}/keydesk.db"} | (mail if request.param == "production" else {})
    return create_app(load_settings(environ, instance_path=tmp_path))


@pytest.fixture
def get(app):
    def get(name, method="GET", **headers):
        path = f"/static/{app.extensions['static_manifest'].served_name(name) or name}"
        return app.test_client().open(path, method=method, headers=headers)

    return get


def test_they_are_kept_for_good_and_by_everybody_in_between(get):
    answer = get("site.css")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert answer.headers["Content-Type"] == 'text/css; charset="utf-8"'
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


def test_they_are_sent_as_small_as_the_browser_can_read(get):
    plain = get("site.css")
    for accepted, encoding, unpacked in (("gzip", "gzip", gzip.decompress), ("gzip, br", "br", brotli.decompress)):
        answer = get("site.css", **{"Accept-Encoding": accepted})
        assert answer.headers["Content-Encoding"] == encoding
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert unpacked(answer.data) == plain.data
        assert len(answer.data) * 4 < len(plain.data)
    assert plain.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in plain.headers


def test_who_has_it_gets_304(get):
    answer = get("site.css", **{"If-None-Match": get("site.css").headers["ETag"]})
    assert (answer.status_code, answer.data) == (304, b"")
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_part_can_be_asked_for(get):
    answer = get("site.css", Range="bytes=0-9")
    assert (answer.status_code, answer.data) == (206, get("site.css").data[:10])


def test_head_has_the_headers_alone(get):
    answer = get("site.css", "HEAD")
    assert (answer.status_code, answer.data) == (200, b"")
    assert int(answer.headers["Content-Length"]) == len(get("site.css").data)


def test_nothing_can_be_sent_to_them_and_the_refusal_is_not_kept(get):
    answer = get("site.css", "POST")
    assert answer.status_code == 405
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["site.css", "nope.css", "../wsgi.py", "%2e%2e/wsgi.py", "..%2fstatic.json", "../static.json", ""]
)
def test_nothing_else_is_served(app, path):
    answer = app.test_client().get(f"/static/{path}")
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_every_file_that_a_page_names_is_there(app):
    for page in ("/sign-in", "/docs"):
        client = app.test_client()
        names = [part.split('"')[0] for part in client.get(page).text.split('"/static/')[1:]]
        assert names
        for name in names:
            assert "immutable" in client.get(f"/static/{name}").headers["Cache-Control"], name


def test_the_answer_is_a_list_which_the_server_sends_at_once(app):
    served = app.extensions["static_files"]
    assert isinstance(served, StaticFiles)
    environ = {"PATH_INFO": "/static/" + app.extensions["static_manifest"].served_name("site.css")}
    body = served(environ | {"REQUEST_METHOD": "GET"}, lambda *_: None)
    assert isinstance(body, list)
    assert len(body) == 1


def test_forward_auth_never_passes_them(app, monkeypatch):
    def never(*_):
        raise AssertionError("forward-auth reached the static files")

    monkeypatch.setattr(StaticFiles, "__call__", never)
    for path in ("/v1/forward-auth", "/v1/forward-auth/v1/notes", "/v1/forward-auth/static/site.css"):
        assert app.test_client().get(path).status_code in {400, 401, 403}


def test_templates_and_files_are_read_again_in_dev_mode_alone(app):
    is_dev_mode = app.extensions["runtime"].settings.dev_mode
    assert app.jinja_env.auto_reload is app.extensions["static_files"].autorefresh is is_dev_mode


def test_a_real_server_has_them_ready(tmp_path):
    with serving(f"sqlite:///{tmp_path}/keydesk.db", tmp_path) as server:
        page = httpx.get(f"{server.url}/sign-in").text
        sheet = page.split('rel="stylesheet" href="')[1].split('"')[0]
        answer = httpx.get(f"{server.url}{sheet}", headers={"Accept-Encoding": "br"})
        assert answer.headers["Content-Encoding"] == "br"
        assert ".brand" in answer.text
