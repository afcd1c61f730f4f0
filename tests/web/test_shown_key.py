"""What the page with a new key offers: a file with the key, and a test of it."""

import re

import pytest

from app.http import change_rate_limit
from tests.web.pages import Page

ELSEWHERE = {"REMOTE_ADDR": "198.51.100.7"}


def path(actor, what):
    return f"/orgs/{actor.org}/shown-key/{what}"


def verdict(actor, key, **options):
    answer = actor.http.post(path(actor, "test"), data={"key": key}, **options)
    assert answer.status_code == 200
    page = Page(answer)
    assert not key or key not in page.text
    return page


def shown(actor, **form):
    """The page with a new key, the key, and the form beside it: what its buttons send, and where to."""
    sent = {"name": "CI", "scopes": ["notes:read"], "expires": "90"} | form
    page = Page(actor.http.post(f"/orgs/{actor.org}/keys/new", data=sent))
    (key,) = re.findall(r'name="key" value="(\w+)"', page.text)
    return page, key


def uses(actor, key_id):
    with actor.app.app_context():
        actor.app.extensions["runtime"].usage.flush()
    return actor.http.get(f"/orgs/{actor.org}/keys/{key_id}").text


# The file.


def test_the_file_holds_the_key_for_shells_docker_and_node(alice):
    _, key = shown(alice)
    answer = alice.http.post(path(alice, "keydesk.env"), data={"key": key}, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.data == f"KEYDESK_API_KEY={key}\n".encode()
    assert answer.headers["Content-Disposition"] == "attachment; filename=keydesk.env"
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Encoding" not in answer.headers
    assert len(alice.http.get(f"/v1/orgs/{alice.org}/keys").get_json()["data"]) == 1


@pytest.mark.parametrize("key", ["", "whk_short", "whk_" + "0" * 32, "a\nPATH=/tmp", "$(reboot)", "<b>", "é" * 40])
def test_what_is_no_whole_key_is_no_file(alice, key):
    answer = alice.http.post(path(alice, "keydesk.env"), data={"key": key})
    assert answer.status_code == 422
    assert "Content-Disposition" not in answer.headers
    assert Page(answer).title.endswith("Keydesk")
    assert not key or key not in answer.text or key == "<b>"


# The test.


def test_a_key_that_works_is_accepted_from_here(alice):
    key = alice.create_key(name="CI <b>", networks=["198.51.100.0/24"])
    page = verdict(alice, f" {key['key']}\r\n", environ_base=ELSEWHERE)
    assert "<h1>This key is accepted</h1>" in page.text
    assert "<strong>CI &lt;b&gt;</strong> works from your address, <code>198.51.100.7</code>" in page.text
    assert f"/orgs/{alice.org}/keys/{key['id']}" in page.links


def test_a_test_is_no_use_of_the_key_and_does_not_make_it_look_as_if_it_failed(alice):
    works, elsewhere = alice.create_key(), alice.create_key(networks=["203.0.113.0/24"])
    assert "is accepted" in verdict(alice, works["key"], environ_base=ELSEWHERE).text
    page = verdict(alice, elsewhere["key"], environ_base=ELSEWHERE)
    assert "This key is refused here" in page.text
    assert "This test is not counted as a request with the key." in page.text
    for key in (works, elsewhere):
        text = uses(alice, key["id"])
        assert "No requests in this time" in text
        assert "198.51.100.7" not in text
        assert "Failing" not in text


def test_the_page_of_a_test_belongs_to_the_keys(alice):
    page = verdict(alice, alice.create_key()["key"])
    assert page.title == "Key accepted · alice’s organization · Keydesk"
    assert f'href="/orgs/{alice.org}/keys" aria-current="true"' in page.text


def test_a_key_whose_networks_forbid_this_address_says_so_and_the_way_out(alice):
    key = alice.create_key(name="CI", networks=["203.0.113.0/24", "2001:db8::/32"])
    page = verdict(alice, key["key"], environ_base=ELSEWHERE)
    assert "<h1>This key is refused here</h1>" in page.text
    assert "only from <code>203.0.113.0/24</code>, <code>2001:db8::/32</code>." in page.text
    assert "Your address is <code>198.51.100.7</code>, which its networks do not allow." in page.text
    assert f"/orgs/{alice.org}/keys/{key['id']}/change" in page.links
    unknown = verdict(alice, key["key"], environ_base={"REMOTE_ADDR": ""})
    assert "Your address is not known" in unknown.text


def test_a_revoked_key_and_an_expired_one_say_so(alice, clock):
    revoked, expired = alice.create_key(), alice.create_key(name="Trial", expires_in_days=1)
    alice.revoke(revoked["id"])
    assert "It was revoked on" in verdict(alice, revoked["key"]).text
    clock.advance(days=2)
    page = verdict(alice, expired["key"])
    assert "<h1>This key is refused</h1>" in page.text
    assert "<strong>Trial</strong>: " in page.text
    assert "It expired on" in page.text


def test_a_key_over_its_rate_limit_says_when_to_try_again(alice):
    key = alice.create_key(rate_limit={"requests": 1, "window_seconds": 60})["key"]
    for _ in range(2):
        assert "is accepted" in verdict(alice, key).text
    # The tests left the only request of the window to programs.
    assert alice.http.get("/v1/me", headers={"x-api-key": key}).status_code == 200
    assert "limited to 1 requests in 60 seconds" in verdict(alice, key).text


def test_only_keys_of_this_organization_are_judged(cast):
    charlie = cast.charlie
    foreign = charlie.http.post(f"/v1/orgs/{charlie.own_organization()}/keys", json={"name": "Theirs"}).get_json()[
        "data"
    ]
    pages = [verdict(cast.alice, key) for key in (foreign["key"], "whk_nothing", "", "x" * 50_000, "<b>")]
    assert len({page.text for page in pages}) == 1
    assert "It is not a key of alice’s organization." in pages[0].text
    assert "Theirs" not in pages[0].text
    # It is not counted as a use of the other organization's key, either.
    charlie.org = charlie.own_organization()
    assert "No requests in this time" in uses(charlie, foreign["id"])


def test_a_test_counts_among_the_changes_of_a_person(alice, monkeypatch):
    monkeypatch.setattr(change_rate_limit, "CHANGES_OF_PERSON", "2 per minute")
    statuses = [alice.http.post(path(alice, "test"), data={"key": "x"}).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


@pytest.mark.parametrize("what", ["test", "keydesk.env"])
def test_neither_is_for_other_sites_nor_for_those_who_make_no_keys(cast, what):
    key = cast.alice.create_key()["key"]
    send = {"data": {"key": key}}
    for site in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert cast.alice.http.post(path(cast.alice, what), headers=site, **send).status_code == 403
    assert cast.vera.http.post(path(cast.vera, what), **send).status_code == 403
    assert cast.charlie.http.post(path(cast.charlie, what), **send).status_code == 404
    assert cast.alice.http.get(path(cast.alice, what)).status_code == 405


@pytest.mark.parametrize("what", ["test", "keydesk.env"])
def test_after_signing_out_the_key_is_kept_nowhere(cast, what):
    key = cast.alice.create_key()["key"]
    nobody = cast.nobody()
    answer = nobody.http.post(path(nobody, what), data={"key": key})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in")
    assert key not in str(answer.headers)
    with nobody.http.session_transaction() as kept:
        assert dict(kept).keys() == {"_flashes"}
    page = nobody.http.get("/sign-in")
    assert "You were signed out" in page.text
    assert key not in page.text


# The page with the key.


def test_the_page_leads_to_both_and_stays(alice):
    page, key = shown(alice)
    (form,) = [form for form in page.forms if form["action"] == path(alice, "test")]
    assert (form["method"], form["target"], form["autocomplete"]) == ("post", "_blank", "off")
    assert f'formaction="{path(alice, "keydesk.env")}" formtarget="_self"' in page.text
    assert not any(key in link for link in page.links)
    assert "How to use it" in page.text
    assert "is accepted" in verdict(alice, key).text


def test_the_page_after_rotating_has_the_same(alice):
    key = alice.create_key(scopes=["notes:read"])["id"]
    page = Page(alice.http.post(f"/orgs/{alice.org}/keys/{key}/rotate", data={"overlap": "0"}))
    assert path(alice, "test") in [form["action"] for form in page.forms]
    assert "How to use it" in page.text
