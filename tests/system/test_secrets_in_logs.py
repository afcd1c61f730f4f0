"""Secrets leave Keydesk once, for whom they are meant: not in a log, not in the database, not in another cookie."""

import hashlib
import json
import re
import zlib
from base64 import urlsafe_b64decode
from contextlib import suppress

import pytest

from tests.logs.test_formats import ENTRY
from tests.servers import serving
from tests.system import post_office
from tests.system.visitors import Visitor, query


class Browser(Visitor):
    """Keeps every cookie that it was ever given."""

    def __init__(self, server):
        super().__init__(server)
        self.cookies = {name: set() for name in ("whs_session", "whs_login", "whs_known", "whs_notice")}
        self.http.event_hooks["response"].append(self._keep)

    def _keep(self, response):
        for name, value in response.cookies.items():
            self.cookies[name].add(value)

    def get(self, path, **options):
        return self.http.get(self.server.url + path, **options)

    def post(self, path, **options):
        return self.http.post(self.server.url + path, **options)


def token_in(mail):
    (token,) = re.findall(r"token=(\S+)", mail.get_body(("plain",)).get_content())
    return token


def sign_in_twice(browser, office, email):
    """By the JSON route and the link, then by the page and its button. The link tokens."""
    browser.post("/v1/auth/request", json={"email": email})
    first = token_in(office.mails_to(email)[0])
    assert browser.get(f"/v1/auth/callback?token={first}").status_code == 302
    browser.post("/sign-in", data={"email": email, "next": "/sessions"})
    second = token_in(office.mails_to(email, 2)[1])
    assert browser.post("/v1/auth/callback", data={"token": second}).status_code == 303
    for spent in (first, second, first[:-5]):
        assert browser.get(f"/v1/auth/callback?token={spent}").status_code in {400, 410}
    browser.org = browser.get("/v1/orgs").json()["data"][0]["id"]
    return {first, second}


def make_and_use_keys(browser):
    """Every way to make a key, and every way to show one. The keys."""
    org = f"/orgs/{browser.org}/keys"
    by_json = browser.create_key()
    page = browser.get(f"{org}/new").text
    form = {"name": "By form", "scopes": "agent:rw", "expires": "90"}
    form["submission_id"] = re.search(r'name="submission_id" value="([^"]+)"', page)[1]
    revealed = browser.post(f"{org}/new", data=form)
    assert revealed.status_code == 201
    assert browser.post(f"{org}/new", data=form).status_code == 409
    rotated = browser.post(f"/v1{org}/{by_json['id']}/rotate", json={"overlap_seconds": 3600}).json()["data"]
    keys = {by_json["key"], rotated["key"], *re.findall(r"whk_[0-9A-Za-z]{32}", revealed.text)}
    assert len(keys) == 3
    for key in keys:
        assert browser.post(f"/orgs/{browser.org}/shown-key/keydesk.env", data={"key": key}).status_code == 200
        assert "is accepted" in browser.post(f"/orgs/{browser.org}/shown-key/test", data={"key": key}).text
        for header in ({"x-api-key": key}, {"Authorization": f"Bearer {key}"}, {"Authorization": f"Token {key}"}):
            assert browser.get("/v1/me", headers=header).status_code == 200
        browser.get("/v1/telemetry", headers={"x-api-key": key})
        browser.get("/v1/audit", headers={"x-api-key": key})
    return by_json, keys


def provoke(browser, database, key):
    """Mistakes that carry a secret, and a crash of ours."""
    path, headers = f"/v1/orgs/{browser.org}/keys", {"Content-Type": "application/json"}
    assert browser.post(path, content=f'{{"name": "{key}"', headers=headers).status_code == 400
    assert browser.post(path, json={"name": 5, key: key}).status_code == 422
    assert browser.post(path, json={"name": "CI", "scopes": [key]}).status_code == 422
    assert browser.post(path, content=b"name=" + key.encode()).status_code == 415
    assert browser.get(f"/v1/nothing/{key}?token={key}").status_code == 404
    assert browser.post(f"{path}/{key}/revoke").status_code == 404
    assert browser.get("/v1/me", headers={"x-api-key": key[:-1]}).status_code == 401
    other = {"x-api-key": key, "Authorization": f"Bearer {key[:-1]}"}
    assert browser.get("/v1/me", headers=other).status_code == 400
    # The next entry's place in the audit log is taken already: what comes is a crash with a stack trace.
    query(
        database,
        "INSERT INTO audit_entry SELECT 'aud_x', org_id, max(sequence) + 1, at, action, actor, target, details_json,"
        " seal FROM audit_entry WHERE org_id = :org",
        org=browser.org,
    )
    crashed = browser.post(path, json={"name": "CI"})
    assert crashed.status_code == 500
    assert crashed.json()["error_code"] == "INTERNAL_ERROR"
    query(database, "DELETE FROM audit_entry WHERE id = 'aud_x'")


@pytest.fixture(params=["text", "json"])
def told(request, database, tmp_path):
    """The whole main job against a server with mail: what was said in secret, and all that was written down."""
    file = tmp_path / "keydesk.db"
    logged = {"TRUSTED_HOPS": "1", "LOG_FORMAT": request.param, "ACCESS_LOG": "true"}
    with (
        post_office.open_office() as (office, port),
        serving(database, tmp_path, **logged, **post_office.settings(port)) as server,
        Browser(server) as browser,
    ):
        links = sign_in_twice(browser, office, "alice@example.com")
        made, keys = make_and_use_keys(browser)
        provoke(browser, database, made["key"])
        browser.post(f"/orgs/{browser.org}/keys/{made['id']}/revoke")
        assert browser.get("/v1/me", headers={"x-api-key": made["key"]}).status_code == 401
        browser.get(f"/orgs/{browser.org}/keys")
        browser.get("/sessions")
        assert browser.post("/v1/auth/sign-out").status_code == 204
        browser.get(f"/orgs/{browser.org}/keys")
        while_running = b"".join(part.read_bytes() for part in sorted(tmp_path.glob("keydesk.db*")))
        assert (tmp_path / "keydesk.db-wal").exists()
    written = while_running + file.read_bytes()
    sessions, logins, known = (browser.cookies[f"whs_{name}"] for name in ("session", "login", "known"))
    assert (len(links), len(keys), len(sessions), len(logins) >= 1) == (2, 3, 2, True)
    return links | keys | sessions | logins | known, keys, written, server.log, browser.cookies["whs_notice"]


def test_no_secret_is_in_the_log_the_database_or_the_notice_cookie_and_no_address_in_the_log(told):
    secrets, keys, written, log, notices = told
    # They would be found: what is kept of them is.
    assert all(hashlib.sha256(key.encode()).digest() in written for key in keys)
    assert b"By form" in written
    assert "IntegrityError" in log
    assert notices
    opened = log + "".join(notices) + "".join(decoded(notice) for notice in notices)
    for secret in secrets:
        assert secret not in opened
        assert secret.encode() not in written
        # Nor the part that makes it one.
        assert secret[12:-4] not in opened
        assert secret[12:-4].encode() not in written
    assert "alice@example.com" not in log
    assert "token=" not in log
    assert_each_line_is_well_formed(log)


def assert_each_line_is_well_formed(log):
    first, *_ = lines = log.splitlines()
    if first.startswith("{"):
        assert all({"time", "level", "request_id", "event", "message"} <= json.loads(line).keys() for line in lines)
    else:
        assert all(ENTRY.fullmatch(line) or line.startswith("  ") for line in lines)
    # The access log is on.
    assert log.count("request.answered") > 40


def decoded(notice):
    """Flask's cookie is signed, not encrypted."""
    payload = notice.removeprefix(".").partition(".")[0]
    raw = urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    with suppress(zlib.error):
        raw = zlib.decompress(raw)
    return raw.decode(errors="replace")
