"""The page that deletes an organization."""

import pytest

from tests.web.pages import Page


def path(actor):
    return f"/orgs/{actor.org}/settings/delete"


def test_owners_are_led_there_and_nobody_else(cast):
    for actor, is_owner in ((cast.alice, True), (cast.adam, False), (cast.bob, False)):
        assert (path(actor) in Page(actor.http.get(f"/orgs/{actor.org}/settings")).links) is is_owner
        assert actor.http.get(path(actor)).status_code == (200 if is_owner else 403)
    assert cast.charlie.http.get(path(cast.charlie)).status_code == 404


def test_the_page_says_how_many_keys_stop_and_until_when_it_can_be_brought_back(cast):
    alice, bob = cast.alice, cast.bob
    alice.create_key()
    bob.create_key()
    page = Page(alice.http.get(path(alice)))
    for words in ("2 active keys stop", "2 members", "16 May 2026, 12:00 UTC", "erased for good"):
        assert words in page.text, words


def test_deleting_leads_home_where_the_organization_is_gone(cast):
    alice = cast.alice
    done = alice.http.post(path(alice), data={"name": "Alice's organization"})
    assert (done.status_code, done.headers["Location"]) == (303, "/")
    home = Page(alice.http.get("/"))
    assert home.title == "No organization yet · Keydesk"
    assert "Until 16 May 2026 the operator can bring it back." in home.text
    assert alice.http.get(f"/orgs/{alice.org}/keys").status_code == 404


def test_another_name_comes_back_with_the_reason(alice):
    refused = alice.http.post(path(alice), data={"name": "Bolt"})
    assert refused.status_code == 422
    assert "Is not the name of this organization" in Page(refused).text


@pytest.mark.parametrize("method", ["get", "post"])
def test_after_ten_minutes_the_page_offers_a_link_back_to_it_and_no_field(alice, clock, method):
    clock.advance(minutes=10)
    answer = getattr(alice.http, method)(path(alice))
    page = Page(answer)
    assert answer.status_code == (200 if method == "get" else 403)
    assert "Sign in again first." in page.text
    assert "/sign-in" in [form["action"] for form in page.forms]
    assert 'type="text"' not in page.text
    alice.http.post("/sign-in", data={"email": alice.email, "next": path(alice)})
    alice.sign_in()
    assert 'id="name"' in alice.http.get(path(alice)).text


def test_the_link_leads_back_to_the_page(alice, clock):
    clock.advance(minutes=10)
    sent = alice.http.post("/sign-in", data={"email": alice.email, "next": path(alice)})
    link = next(link for link in Page(sent).links if "/v1/auth/callback" in link)
    assert alice.http.get(link).headers["Location"].endswith(path(alice))
    assert 'id="name"' in alice.http.get(path(alice)).text
