"""The cookies of ours, and the one of notices."""

import pytest

from app import create_app
from app.config import load_settings
from app.http import cookies
from app.services import sign_in
from tests.databases import SECRET

PUBLIC_URL = "https://keys.example.com"


@pytest.mark.parametrize(
    ("public_url", "name", "secure"),
    [("http://localhost:7860", "whs_login", False), (PUBLIC_URL, "__Host-whs_login", True)],
)
def test_cookies_are_http_only_lax_and_secure_outside_localhost(client, set_settings, public_url, name, secure):
    set_settings(public_url=public_url, trusted_hosts=("localhost",))
    cookie = client.post("/v1/auth/request", json={"email": "alice@example.com"}).headers["Set-Cookie"]
    assert cookie.startswith(f"{name}=")
    assert "Domain" not in cookie
    for word in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert word in cookie
    assert ("Secure" in cookie) is secure


def test_a_mark_that_a_neighbour_planted_does_not_sign_in(app, client, set_settings):
    """A page of another host under the same domain can set `whs_login` for ours, but no name with `__Host-`."""
    set_settings(public_url=PUBLIC_URL, trusted_hosts=("localhost",))
    mark = cookies.new_login_mark()
    asked = {"email": "mallory@example.com", "client": "192.0.2.1", "browser": cookies.mark_digest(mark)}
    with app.app_context():
        token = sign_in.request_link(app.extensions["runtime"], **asked).token.reveal()
    link = f"/v1/auth/callback?token={token}"
    client.set_cookie("whs_login", mark)
    assert client.get(link).status_code == 200
    assert client.get_cookie(cookies.SESSION) is None
    client.set_cookie("__Host-whs_login", mark)
    assert client.get(link).status_code == 302


def test_the_mark_of_a_known_browser_cannot_be_planted_by_a_neighbour_either(app, client, set_settings):
    set_settings(public_url=PUBLIC_URL, trusted_hosts=("localhost",))
    with app.app_context():
        asked = {"email": "alice@example.com", "client": "192.0.2.1"}
        token = sign_in.request_link(app.extensions["runtime"], **asked).token.reveal()
    signed_in = client.post("/v1/auth/callback", data={"token": token})
    (cookie,) = [one for one in signed_in.headers.getlist("Set-Cookie") if "whs_known" in one]
    assert cookie.startswith("__Host-whs_known=")
    for word in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({}, "whs_notice"),
        ({"PUBLIC_URL": PUBLIC_URL, "SECRET_KEY": SECRET, "MAIL_SERVER": "127.0.0.1"}, "__Host-whs_notice"),
    ],
)
def test_a_neighbour_cannot_plant_notices_either(tmp_path, environ, name):
    app = create_app(load_settings(environ, instance_path=tmp_path))
    assert app.session_interface.get_cookie_name(app) == name


def test_a_browser_keeps_its_mark_so_that_an_earlier_link_still_finds_it(client):
    marks = []
    for _ in range(2):
        client.post("/sign-in", data={"email": "alice@example.com"})
        marks.append(client.get_cookie(cookies.LOGIN).value)
    assert marks[0] == marks[1]
    assert len(marks[0]) == 43


@pytest.mark.parametrize("planted", ["", "short", "x" * 44])
def test_a_mark_that_is_not_of_our_length_is_replaced(client, planted):
    client.set_cookie(cookies.LOGIN, planted)
    client.post("/sign-in", data={"email": "alice@example.com"})
    mark = client.get_cookie(cookies.LOGIN).value
    assert mark != planted
    assert len(mark) == 43


def test_the_cookie_of_notices_is_set_when_there_is_one_and_gone_when_it_was_shown(alice):
    assert "Set-Cookie" not in alice.http.get("/sessions").headers
    assert "Set-Cookie" not in alice.http.get("/v1/orgs").headers
    key_id = alice.create_key()["id"]
    (told,) = alice.http.post(f"/orgs/{alice.org}/keys/{key_id}/revoke").headers.getlist("Set-Cookie")
    assert told.startswith("whs_notice=")
    assert "HttpOnly" in told
    (shown,) = alice.http.get(f"/orgs/{alice.org}/keys").headers.getlist("Set-Cookie")
    assert shown.startswith("whs_notice=; Expires=Thu, 01 Jan 1970")
    assert "Set-Cookie" not in alice.http.get(f"/orgs/{alice.org}/keys").headers


def test_signing_out_takes_the_session_cookie_away(alice):
    (cleared,) = alice.http.post("/v1/auth/sign-out").headers.getlist("Set-Cookie")
    assert cleared.startswith("whs_session=; Expires=Thu, 01 Jan 1970")
    assert alice.http.get_cookie(cookies.SESSION) is None
