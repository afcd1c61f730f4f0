"""Pages are compressed, unless there is a secret on them."""

import gzip
import re
from pathlib import Path

import pytest
from flask import g, render_template_string

from app.domain.secret import Secret
from tests.web.pages import Page

ROOT = Path(__file__).parents[2]
GZIP = {"Accept-Encoding": "gzip, deflate, br"}
KEY = re.compile(r"whk_[A-Za-z0-9]{30,}")


def is_compressed(answer):
    return answer.headers.get("Content-Encoding") == "gzip"


def test_a_page_is_compressed_and_says_that_it_depends_on_who_asks(alice):
    path = f"/orgs/{alice.org}/keys"
    plain, packed = alice.http.get(path), alice.http.get(path, headers=GZIP)
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) * 2 < len(plain.data)
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["Vary"].split(", ")
    assert not is_compressed(plain)
    assert packed.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [("gzip;q=0", False), ("br", False), ("", False), ("*", True), ("gzip;q=0.5", True), ("identity, gzip", True)],
)
def test_a_page_is_compressed_for_those_who_accept_it(app, accepted, expected):
    answer = app.test_client().get("/sign-in", headers={"Accept-Encoding": accepted})
    assert is_compressed(answer) is expected


@pytest.mark.parametrize("path", ["/no/such/page", "/docs", "/install-ids"])
def test_error_pages_and_public_pages_are_compressed_too(app, path):
    assert is_compressed(app.test_client().get(path, headers=GZIP))


def test_head_has_the_headers_of_get(app):
    client = app.test_client()
    got, asked = client.get("/install-ids", headers=GZIP), client.head("/install-ids", headers=GZIP)
    assert asked.data == b""
    assert asked.headers["Content-Length"] == got.headers["Content-Length"]
    assert is_compressed(asked)


@pytest.mark.parametrize("path", ["/openapi.json", "/auth.md", "/llms.txt", "/healthz", "/v1/orgs"])
def test_what_programs_read_is_sent_as_it_is(alice, path):
    answer = alice.http.get(path, headers=GZIP)
    assert answer.status_code == 200
    assert not is_compressed(answer)
    assert "Accept-Encoding" not in answer.headers.get("Vary", "")


def test_a_redirect_is_not_compressed(alice):
    assert not is_compressed(alice.http.get("/", headers=GZIP))


# Every page, and every JSON answer, that shows a secret.


def new_key(actor):
    return actor.http.post(f"/orgs/{actor.org}/keys/new", data={"name": "CI", "scopes": "agent:r"}, headers=GZIP)


def test_the_page_that_shows_a_new_key_is_never_compressed(alice):
    answer = new_key(alice)
    assert answer.status_code == 201
    assert len(set(KEY.findall(answer.text))) == 1
    assert f"-H 'x-api-key: {KEY.search(answer.text)[0]}'" in answer.text
    assert not is_compressed(answer)


def test_the_page_that_shows_the_successor_of_a_key_is_never_compressed(alice):
    key = alice.create_key(name="CI")["id"]
    answer = alice.http.post(f"/orgs/{alice.org}/keys/{key}/rotate", data={"overlap": "0"}, headers=GZIP)
    assert len(set(KEY.findall(answer.text))) == 1
    assert not is_compressed(answer)


def test_the_page_that_says_that_a_key_was_shown_already_holds_none_and_is_compressed(alice):
    form = {"name": "CI", "scopes": "agent:r", "submission_id": "s" * 22}
    path = f"/orgs/{alice.org}/keys/new"
    alice.http.post(path, data=form)
    assert is_compressed(alice.http.post(path, data=form, headers=GZIP))


def test_the_page_about_a_tested_key_does_not_hold_it_and_is_compressed(alice):
    key = alice.create_key(name="CI")["key"]
    answer = alice.http.post(f"/orgs/{alice.org}/shown-key/test", data={"key": key}, headers=GZIP)
    assert is_compressed(answer)
    page = gzip.decompress(answer.data).decode()
    assert "This key is accepted" in page
    assert key not in page


def test_the_file_with_a_key_is_never_compressed(alice):
    key = alice.create_key(name="CI")["key"]
    answer = alice.http.post(f"/orgs/{alice.org}/shown-key/keydesk.env", data={"key": key}, headers=GZIP)
    assert key in answer.text
    assert not is_compressed(answer)
    assert "Accept-Encoding" not in answer.headers.get("Vary", "")


def test_the_page_with_a_sign_in_link_is_never_compressed(app):
    answer = app.test_client().post("/sign-in", data={"email": "new@example.com"}, headers=GZIP)
    assert "/v1/auth/callback?token=" in answer.text
    assert not is_compressed(answer)


def test_the_page_that_confirms_a_sign_in_is_never_compressed(app):
    client = app.test_client()
    sent = Page(client.post("/sign-in", data={"email": "new@example.com"}))
    (link,) = [link for link in sent.links if "token=" in link]
    # Only looking: another browser gets the same page.
    answer = client.get(link.replace("http://localhost:7860", ""), headers=GZIP | {"Purpose": "prefetch"})
    assert 'name="token" value="' in answer.text
    assert not is_compressed(answer)


def test_pages_with_the_code_of_an_agent_are_never_compressed(alice):
    asked = alice.http.post("/v1/device/authorize", data={"client_id": "Claude Code", "scope": "agent:r"})
    code = asked.get_json()["user_code"]
    for answer in (
        alice.http.get(f"/device?user_code={code}", headers=GZIP),
        alice.http.post("/device", data={"code": code}, headers=GZIP),
        alice.http.post("/device/decide", data={"code": code, "org": alice.org, "decision": "approve"}, headers=GZIP),
    ):
        assert code in answer.text
        assert not is_compressed(answer)


def test_no_json_answer_with_a_secret_is_compressed(alice):
    keys = f"/v1/orgs/{alice.org}/keys"
    key = alice.create_key(name="CI")["id"]
    for path, body in (
        (keys, {"name": "CI"}),
        (f"{keys}/{key}/rotate", {}),
        ("/v1/auth/request", {"email": "person@example.com"}),
        ("/v1/auth/email-code", {"email": alice.email}),
        ("/v1/agent/sign-up", {"email": "agent@example.com"}),
        ("/v1/device/authorize", None),
    ):
        form = {"client_id": "Claude Code", "scope": "agent:r"} if body is None else None
        answer = alice.http.post(path, json=body, data=form, headers=GZIP)
        assert answer.status_code < 300, (path, answer.text)
        assert not is_compressed(answer), path


# A page cannot forget it.


@pytest.mark.parametrize(
    "template",
    [
        "{{ secret }}",
        '<a href="{{ secret }}">',
        "{% set text %}curl {{ secret }}{% endset %}{{ text }}",
        "{% macro show(text) %}{{ text }}{% endmacro %}{{ show(secret) }}",
    ],
)
def test_rendering_a_secret_shows_and_marks_it(app, template):
    with app.test_request_context("/"):
        assert "whk_shown" in render_template_string(template, secret=Secret("whk_shown"))
        assert g.shows_secret is True


@pytest.mark.parametrize(
    "template", ["{{ secret ~ '' }}", "{{ secret | upper }}", "{{ [secret] }}", "{{ '%s' % secret }}"]
)
def test_by_any_other_way_a_template_shows_no_secret(app, template):
    with app.test_request_context("/"):
        assert "whk_hidden" not in render_template_string(template, secret=Secret("whk_hidden")).lower()


def test_a_secret_on_a_page_is_escaped_as_everything_is(app):
    with app.test_request_context("/"):
        assert render_template_string("{{ secret }}", secret=Secret("<b>&")) == "&lt;b&gt;&amp;"


def test_templates_and_pages_never_take_the_text_out_of_a_secret():
    """They hand it to the template, which marks the page: `app/web/compression.py` is the one place."""
    files = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "app/web").rglob("*.py")]
    taking = [str(file.relative_to(ROOT)) for file in files if ".reveal(" in file.read_text()]
    assert taking == ["app/web/compression.py"]
