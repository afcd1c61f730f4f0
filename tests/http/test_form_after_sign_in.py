"""A form that is sent after the session has ended: nothing is lost, and nothing is done."""

import random
import string
from dataclasses import replace

import pytest

from app.domain.route_policy import Scope
from app.http.form_after_sign_in import FILLED_IN_BY, MAX_LENGTH
from tests.web.pages import Page

SIGNED_OUT = "You were signed out, so nothing was changed."


@pytest.fixture
def sign_out_elsewhere(alice):
    """Ends Alice's session, as another browser of hers would."""

    def sign_out_elsewhere():
        alice.http.delete_cookie("whs_session")

    return sign_out_elsewhere


def send(alice, path, **form):
    """Sends the form; where signing in leads, and what the sign-in page says."""
    answer = alice.http.post(path, data={FILLED_IN_BY: alice.person_id} | form)
    assert answer.status_code == 302
    page = alice.http.get(answer.headers["Location"])
    assert SIGNED_OUT in Page(page).text
    alice.sign_in()
    return answer.headers["Location"]


def test_a_new_key_comes_back_with_what_was_typed_once(alice, sign_out_elsewhere):
    path = f"/orgs/{alice.org}/keys/new"
    sign_out_elsewhere()
    form = {"name": "Nightly <report>", "scopes": ["notes:read", "agent:r"], "requests": "5", "networks": "10.0.0.0/8"}
    assert send(alice, path, **form) == f"/sign-in?next={path}"
    page = alice.http.get(path).text
    for typed in ('value="Nightly &lt;report&gt;"', 'value="notes:read" checked', 'value="5"', "10.0.0.0/8"):
        assert typed in page
    assert 'value="agent:rw" checked' not in page
    assert "Nightly" not in alice.http.get(path).text
    assert "Nightly" not in alice.http.get(f"/orgs/{alice.org}/keys").text


def test_a_changed_key_comes_back_and_undoes_nothing_of_others(alice, sign_out_elsewhere):
    key = alice.create_key(name="CI")["id"]
    path = f"/orgs/{alice.org}/keys/{key}/change"
    seen = alice.http.get(path).text.partition('name="seen" value="')[2].partition('"')[0]
    sign_out_elsewhere()
    form = {"name": "Mine", "scopes": ["agent:rw"], "expires": "keep", "seen": seen}
    send(alice, path, **form)
    alice.http.patch(f"/v1/orgs/{alice.org}/keys/{key}", json={"name": "Theirs"})
    page = alice.http.get(path).text
    assert 'value="Mine"' in page
    assert f'name="seen" value="{seen}"' in page
    assert alice.http.post(path, data=form).status_code == 409


def test_a_code_and_an_overlap_come_back(alice, sign_out_elsewhere):
    key = alice.create_key()["id"]
    sign_out_elsewhere()
    assert send(alice, "/device/decide", code="wdjbmjht", decision="approve") == "/sign-in?next=/device"
    assert 'value="WDJB-MJHT"' in alice.http.get("/device").text
    sign_out_elsewhere()
    send(alice, f"/orgs/{alice.org}/keys/{key}/rotate", overlap="604800")
    assert 'value="604800" selected' in alice.http.get(f"/orgs/{alice.org}/keys/{key}/rotate").text


def test_all_scopes_that_fit_into_a_key_come_back(alice, sign_out_elsewhere, runtime, set_settings):
    """As incompressible as names can be, and with everything else that a form has."""
    anything = random.Random(1)
    names = ["".join(anything.choices(string.ascii_lowercase, k=15)) for _ in range(121)]
    policy = runtime.settings.policy
    scopes = policy.scopes | {name: Scope(name, "Some scope") for name in names}
    set_settings(policy=replace(policy, scopes=scopes))
    networks = "\r\n".join(f"203.0.113.{number}" for number in range(50))
    path = f"/orgs/{alice.org}/keys/new"
    sign_out_elsewhere()
    form = {"name": "All of them", "scopes": names, "expires": "365", "requests": "5", "seconds": "60"}
    send(alice, path, **form, networks=networks, submission_id="form-0123456789abcdef")
    page = alice.http.get(path).text
    assert page.count(" checked") == len(names)
    assert 'value="All of them"' in page
    assert networks.replace("\r\n", "\n") in page.replace("\r\n", "\n")


def test_a_form_that_is_too_long_for_a_cookie_is_not_kept_but_said(alice, sign_out_elsewhere):
    path = f"/orgs/{alice.org}/keys/new"
    sign_out_elsewhere()
    long = random.Random(1).randbytes(MAX_LENGTH).hex()
    answer = alice.http.post(path, data={FILLED_IN_BY: alice.person_id, "name": "Long", "networks": long})
    assert "What you entered was too long to keep." in alice.http.get(answer.headers["Location"]).text
    alice.sign_in()
    assert "Long" not in alice.http.get(path).text


@pytest.mark.parametrize("length", [1000, 1500, 2000, 2100, 2200, 3000])
def test_the_headers_of_a_response_fit_into_what_nginx_reads(alice, sign_out_elsewhere, length):
    sign_out_elsewhere()
    text = "".join(random.Random(1).choices(string.printable, k=length))
    answer = alice.http.post(f"/orgs/{alice.org}/keys/new", data={"name": "Long", "networks": text})
    # With the status line, and what a server adds.
    assert len(str(answer.headers)) + 300 < 4096


def test_what_another_site_sends_is_not_kept(app, alice):
    browser = app.test_client()
    path = f"/orgs/{alice.org}/keys/new"
    refused = browser.post(path, data={"name": "Planted"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403
    assert "Set-Cookie" not in refused.headers


def test_whoever_signs_in_next_on_this_browser_does_not_see_what_somebody_else_typed(cast, alice, sign_out_elsewhere):
    path = f"/orgs/{alice.org}/keys/new"
    page = alice.http.get(path).text
    assert f'name="{FILLED_IN_BY}" value="{alice.person_id}"' in page
    sign_out_elsewhere()
    alice.http.post(path, data={FILLED_IN_BY: alice.person_id, "name": "Nightly report"})
    alice.http.set_cookie("whs_session", cast.bob.http.get_cookie("whs_session").value)
    assert "Nightly report" not in alice.http.get(path).text
    alice.sign_in()
    assert "Nightly report" not in alice.http.get(path).text


def test_a_form_that_does_not_say_who_filled_it_in_is_not_kept(alice, sign_out_elsewhere):
    path = f"/orgs/{alice.org}/keys/new"
    sign_out_elsewhere()
    alice.http.post(path, data={"name": "Nightly report"})
    alice.sign_in()
    assert "Nightly report" not in alice.http.get(path).text
