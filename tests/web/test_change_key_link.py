"""The scope that an address suggests for the form that changes a key."""

import re

import pytest

from tests.web.pages import Page


def change(actor, key, scope):
    return Page(actor.http.get(f"/orgs/{actor.org}/keys/{key['id']}/change", query_string={"scope": scope}))


def ticked(page):
    return re.findall(r'name="scopes" value="([^"]*)" checked', page.text)


def refused(actor, key, path="/v1/telemetry"):
    assert actor.app.test_client().get(path, headers={"x-api-key": key["key"]}).status_code == 403
    with actor.app.app_context():
        actor.app.extensions["runtime"].usage.flush()


@pytest.fixture
def key(alice):
    return alice.create_key(name="CI", scopes=["notes:read"])


def test_the_page_of_a_failing_key_leads_to_the_form_with_the_scope_ticked_and_saves_nothing(alice, key):
    refused(alice, key)
    page = Page(alice.http.get(f"/orgs/{alice.org}/keys/{key['id']}"))
    assert "Requests with this key fail." in page.text
    (link,) = (link for link in page.links if "/change?scope=" in link)
    form = Page(alice.http.get(link))
    assert ticked(form) == ["agent:r", "notes:read"]
    assert "Suggested because the last refused request needed it." in form.text
    assert "The key gets it once you choose “Save changes”." in form.text
    listed = alice.http.get(f"/v1/orgs/{alice.org}/keys/{key['id']}").get_json()["data"]
    assert listed["scopes"] == ["notes:read"]


def test_what_no_refusal_bears_out_is_the_suggestion_of_a_link(alice, key):
    form = change(alice, key, "cache:invalidate")
    assert "Suggested by the link that you followed." in form.text
    assert "last refused request" not in form.text


def test_what_cannot_be_given_is_named_and_not_ticked(cast):
    bob = cast.bob
    key = bob.create_key(name="CI", scopes=["agent:rw"])
    for scope, said in (
        ("<b>", "There is no scope “&lt;b&gt;”."),
        ("x" * 1000, "There is no scope “xxx"),
        ("keys:verify", "does not allow you to give a key the scope keys:verify"),
        ("agent:r", "The key already has the scope agent:r."),
    ):
        form = change(bob, key, scope)
        assert said in form.text
        assert ticked(form) == ["agent:rw"]
    for nothing in ("", " "):
        assert 'class="notice' not in change(bob, key, nothing).text.split("<main", 1)[1]


def test_a_scope_beyond_what_an_admin_set_is_named_and_not_ticked(cast):
    bob = cast.bob
    key = bob.create_key(name="CI", scopes=["agent:rw"])
    path = f"/v1/orgs/{bob.org}/keys/{key['id']}"
    assert cast.alice.http.patch(path, json={"scopes": ["agent:r"]}).status_code == 200
    assert "set which scopes this key may have, without notes:read." in change(bob, key, "notes:read").text
    assert ticked(change(bob, key, "notes:read")) == ["agent:r"]
    assert ticked(change(cast.alice, key, "notes:read")) == ["agent:r", "notes:read"]
