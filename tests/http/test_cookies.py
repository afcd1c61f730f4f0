"""The cookies of ours, and the one of notices."""

import pytest

from app.http import cookies


@pytest.mark.parametrize(
    ("public_url", "secure"), [("http://localhost:7860", False), ("https://keys.example.com", True)]
)
def test_cookies_are_http_only_lax_and_secure_outside_localhost(client, set_settings, public_url, secure):
    set_settings(public_url=public_url, trusted_hosts=("localhost",))
    cookie = client.post("/v1/auth/request", json={"email": "alice@example.com"}).headers["Set-Cookie"]
    assert cookie.startswith("whs_login=")
    for word in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert word in cookie
    assert ("Secure" in cookie) is secure


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
