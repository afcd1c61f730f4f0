"""The members of an organization, and the page that changes a role."""

import re

import pytest

from app.services import operator_members
from tests.web.pages import Page


def members_of(actor):
    return f"/orgs/{actor.org}/members"


def page(actor):
    return Page(actor.http.get(members_of(actor)))


def role_page(target):
    return f"{members_of(target)}/{target.person_id}/role"


def set_role(actor, target, role, **form):
    return actor.http.post(role_page(target), data={"role": role} | form)


def roles(actor):
    found = actor.http.get(f"/v1/orgs/{actor.org}/members").get_json()["data"]
    return {item["email"].partition("@")[0]: item["role"] for item in found}


def test_members_see_it_and_strangers_do_not(cast):
    assert page(cast.vera).title.endswith("· alice’s organization · Keydesk")
    assert cast.charlie.http.get(f"/orgs/{cast.alice.org}/members").status_code == 404


def test_its_tab_is_marked(alice):
    assert f'href="/orgs/{alice.org}/members" aria-current="page"' in page(alice).text


def test_the_page_says_the_role(cast):
    assert "You are an owner of alice’s organization." in page(cast.alice).text
    assert "You are a viewer of alice’s organization." in page(cast.vera).text


def test_each_member_has_a_row_with_what_they_are_and_a_link_to_their_keys(cast, clock):
    alice, bob = cast.alice, cast.bob
    bob.create_key()
    text = page(alice).text
    assert f"<strong>{alice.email}</strong> (you)" in text
    assert f"<strong>{bob.email}</strong></th>" in text
    assert f"{clock.now.day} {clock.now:%B %Y}" in text
    link = f"/orgs/{alice.org}/keys?creator={bob.person_id}"
    assert link in text
    assert "A key" in alice.http.get(link).text


def test_what_is_offered_is_what_the_role_may_do(cast):
    alice, adam, bob, vera = cast.alice, cast.adam, cast.bob, cast.vera
    changes = {actor: role_page(actor) for actor in (alice, adam, bob, vera)}
    removals = {actor: f"{members_of(actor)}/{actor.person_id}/remove" for actor in changes}
    offered = {
        alice: ({alice, adam, bob, vera}, {adam, bob, vera}),
        adam: ({adam, bob, vera}, {bob, vera}),
        bob: (set(), set()),
        vera: (set(), set()),
    }
    for reader, (may_change, may_remove) in offered.items():
        links = page(reader).links
        assert {actor for actor, path in changes.items() if path in links} == may_change
        assert {actor for actor, path in removals.items() if path in links} == may_remove
        assert f"{members_of(reader)}/leave" in links


def test_a_role_is_changed(cast):
    alice, bob = cast.alice, cast.bob
    form = Page(alice.http.get(role_page(bob)))
    assert '<option value="member" selected>Member</option>' in form.text
    answer = set_role(alice, bob, "admin")
    assert answer.status_code == 303
    assert "bob@example.com is an admin now." in page(alice).text
    assert roles(alice)["bob"] == "admin"


def test_an_admin_is_offered_no_role_above_their_own_and_no_owner(cast):
    adam, bob = cast.adam, cast.bob
    assert 'value="owner"' not in Page(adam.http.get(role_page(bob))).text
    assert set_role(adam, bob, "owner").status_code == 403
    assert adam.http.get(role_page(cast.alice)).status_code == 403
    assert set_role(adam, cast.alice, "viewer").status_code == 403
    assert roles(adam) == {"alice": "owner", "adam": "admin", "bob": "member"}


def test_the_last_owner_is_told_the_way_out(cast):
    alice = cast.alice
    answer = set_role(alice, alice, "admin")
    assert answer.status_code == 409
    assert "Make somebody else an owner first" in Page(answer).text


@pytest.mark.parametrize(("choice", "status"), [("keep", 200), ("revoke", 401)])
def test_keys_that_the_new_role_could_not_create_are_asked_about(cast, choice, status):
    alice, bob = cast.alice, cast.bob
    key = bob.create_key(name="Nightly")
    asked = set_role(alice, bob, "viewer")
    assert asked.status_code == 409
    text = Page(asked).text
    assert "Nightly" in text
    assert roles(alice)["bob"] == "member"
    assert set_role(alice, bob, "viewer", asked="viewer", key=key["id"], keys="").status_code == 409
    assert set_role(alice, bob, "viewer", asked="viewer", key=key["id"], keys=choice).status_code == 303
    assert roles(alice)["bob"] == "viewer"
    me = cast.nobody().http.get("/v1/me", headers={"x-api-key": key["key"]})
    assert me.status_code == status


def test_an_answer_is_not_taken_for_another_role_or_for_a_key_that_is_new(cast):
    alice, bob = cast.alice, cast.bob
    key = bob.create_key(name="Nightly")
    assert set_role(alice, bob, "viewer", asked="member", key=key["id"], keys="revoke").status_code == 409
    bob.create_key(name="Late")
    asked = set_role(alice, bob, "viewer", asked="viewer", key=key["id"], keys="revoke")
    assert asked.status_code == 409
    assert "Late" in Page(asked).text
    assert roles(alice)["bob"] == "member"


def test_a_form_for_somebody_who_was_removed_meanwhile_says_so(cast, app):
    alice, bob = cast.alice, cast.bob
    with app.app_context():
        operator_members.remove_member(app.extensions["runtime"], bob.org, bob.email)
    answer = set_role(alice, bob, "viewer")
    assert (answer.status_code, answer.headers["Location"]) == (303, members_of(alice))
    assert "This person is not a member, or no longer." in page(alice).text
    assert set_role(alice, cast.adam, "no role").headers["Location"].endswith("/role")


def test_a_role_that_was_chosen_comes_back_after_signing_in_again(cast):
    alice, bob = cast.alice, cast.bob
    alice.http.delete_cookie("whs_session")
    assert set_role(alice, bob, "viewer", filled_in_by=alice.person_id).status_code == 302
    alice.sign_in()
    assert '<option value="viewer" selected>' in Page(alice.http.get(role_page(bob))).text
    assert roles(alice)["bob"] == "member"


def test_a_role_that_somebody_has_already_changes_nothing(cast):
    alice, bob = cast.alice, cast.bob
    path = f"/orgs/{alice.org}/members/{bob.person_id}/role"
    alice.http.post(path, data={"role": "member"})
    assert "bob@example.com is a member already. Nothing was changed." in alice.http.get("/sessions").text


def test_more_keys_than_a_lesser_role_may_revoke_at_once_are_said_on_the_form(cast, monkeypatch):
    alice, bob = cast.alice, cast.bob
    for _ in range(2):
        bob.create_key()
    monkeypatch.setattr("app.services.members.MOST_KEYS", 1)
    path = f"/orgs/{alice.org}/members/{bob.person_id}/role"
    asked = Page(alice.http.post(path, data={"role": "viewer"})).text
    keys = re.findall(r'name="key" value="([^"]+)"', asked)
    refused = alice.http.post(path, data={"role": "viewer", "asked": "viewer", "keys": "revoke", "key": keys})
    assert refused.status_code == 422
    assert "the keys are 2, more than 1; revoke some in the list of keys first" in refused.text
