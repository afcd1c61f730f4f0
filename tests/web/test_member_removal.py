"""The pages that remove a member and that let one leave: each key gets its fate, and nothing is lost."""

import re

import pytest

from app.domain.member_roles import Role
from app.services import operator_members
from app.web import member_removal
from tests.web.pages import Page


def members_of(actor):
    return f"/orgs/{actor.org}/members"


def removal(target):
    return f"{members_of(target)}/{target.person_id}/remove"


def remove(actor, target, decisions=None, **form):
    """`decisions`: by the IDs of keys."""
    decisions = decisions or {}
    data = {"key": list(decisions), "decision": list(decisions.values())} | form
    return actor.http.post(removal(target), data=data)


def leave(actor, decisions=None):
    decisions = decisions or {}
    data = {"key": list(decisions), "decision": list(decisions.values())}
    return actor.http.post(f"{members_of(actor)}/leave", data=data)


def is_member(actor):
    return actor.http.get(members_of(actor)).status_code == 200


def works(cast, key):
    return cast.nobody().http.get("/v1/me", headers={"x-api-key": key["key"]}).status_code == 200


def detailed(actor, key_id):
    return actor.http.get(f"/v1/orgs/{actor.org}/keys/{key_id}").get_json()["data"]


def flush(app):
    with app.app_context():
        app.extensions["runtime"].usage.flush()


def chosen(page):
    """What is preselected, by the names of the keys."""
    rows = re.findall(r'<p id="about-\d+"><strong>([^<]+)</strong>.*?</select>', page.text, re.DOTALL)
    return dict(zip(rows, re.findall(r'<option value="([^"]+)" selected>(?=[^<]*</option>)', page.text), strict=False))


def test_who_has_no_keys_is_removed_after_a_question(cast):
    alice, bob = cast.alice, cast.bob
    page = Page(alice.http.get(removal(bob)))
    assert "Remove bob@example.com?" in page.text
    assert "What happens to it" not in page.text
    assert remove(alice, bob).status_code == 303
    assert "bob@example.com is no longer a member." in alice.http.get(members_of(alice)).text
    assert not is_member(bob)


def test_keys_that_were_used_lately_are_rotated_and_others_revoked_unless_one_chooses_otherwise(cast, app, clock):
    alice, bob = cast.alice, cast.bob
    old, used = bob.create_key(name="Old"), bob.create_key(name="Used")
    assert works(cast, old)
    flush(app)
    clock.advance(days=31)
    alice.sign_in()
    assert works(cast, used)
    flush(app)
    page = Page(alice.http.get(removal(bob)))
    assert "bob@example.com still knows these keys" in page.text
    assert chosen(page) == {"Used": f"rotate:{alice.email}", "Old": "revoke"}
    assert '<option value="86400" selected>In one day</option>' in page.text


def test_each_key_gets_its_fate_and_successors_are_shown_once(cast, clock):
    alice, adam, bob = cast.alice, cast.adam, cast.bob
    to_adam, to_all, first, second, revoked = (bob.create_key(name=name) for name in "ABCDE")
    fates = [f"hand_over:{adam.email}", "hand_over:", f"rotate:{alice.email}", "rotate:", "revoke"]
    keys = [key["id"] for key in (to_adam, to_all, first, second, revoked)]
    answer = remove(alice, bob, dict(zip(keys, fates, strict=True)), old_keys="3600")
    assert answer.status_code == 201
    shown = re.findall(r"data-secret>([^<]+)<", Page(answer).text)
    assert len(shown) == 2
    assert "no-store" in answer.headers["Cache-Control"]
    assert [works(cast, {"key": key}) for key in shown] == [True, True]
    assert [works(cast, key) for key in (to_adam, to_all, first, second, revoked)] == [True] * 4 + [False]
    assert [detailed(alice, key)["owner"] for key in keys[:4]] == [adam.email, None, alice.email, None]
    clock.advance(hours=1)
    assert [works(cast, key) for key in (first, second)] == [False, False]
    # Reloading sends the form again: nothing happens.
    again = remove(alice, bob, dict(zip(keys, fates, strict=True)), old_keys="3600")
    assert again.status_code == 303
    assert "is not a member, or no longer" in alice.http.get(members_of(alice)).text


def test_a_key_that_was_made_meanwhile_brings_the_form_back_with_what_was_chosen(cast):
    alice, bob = cast.alice, cast.bob
    key = bob.create_key(name="Old")
    bob.create_key(name="Late")
    answer = remove(alice, bob, {key["id"]: "hand_over:"})
    assert answer.status_code == 409
    page = Page(answer)
    assert "Not decided yet: Late." in page.text
    assert chosen(page)["Old"] == "hand_over:"
    assert is_member(bob)


def test_a_key_that_was_revoked_meanwhile_brings_the_form_back(cast):
    alice, bob = cast.alice, cast.bob
    key = bob.create_key(name="Old")
    bob.revoke(key["id"])
    answer = remove(alice, bob, {key["id"]: "hand_over:"})
    assert answer.status_code == 409
    assert "were revoked or handed over, or have expired" in Page(answer).text
    assert is_member(bob)


@pytest.mark.parametrize("decision", ["hand_over:nobody@example.com", "hand_over:vera@example.com", "keep", ""])
def test_a_choice_that_was_not_offered_removes_nobody(cast, decision):
    assert cast.vera.org
    key = cast.bob.create_key()
    answer = remove(cast.alice, cast.bob, {key["id"]: decision})
    assert answer.status_code == 422
    assert "Nobody was removed." in Page(answer).text
    assert is_member(cast.bob)


def test_a_key_that_cannot_be_rotated_says_why(cast):
    alice, bob = cast.alice, cast.bob
    key = bob.create_key()
    bob.http.post(f"/v1/orgs/{bob.org}/keys/{key['id']}/suspend")
    page = Page(alice.http.get(removal(bob)))
    assert "cannot be rotated: it is suspended" in page.text
    assert "Rotate it" not in page.text
    answer = remove(alice, bob, {key["id"]: "rotate:"})
    assert answer.status_code == 409
    assert "suspended" in Page(answer).text


def test_keys_of_the_organization_are_counted_and_stay(cast):
    alice, bob = cast.alice, cast.bob
    key = bob.create_key()
    alice.http.patch(f"/v1/orgs/{alice.org}/keys/{key['id']}", json={"owner": None})
    page = Page(alice.http.get(removal(bob)))
    assert "1 working key that they created belongs to" in page.text
    assert remove(alice, bob).status_code == 303
    assert works(cast, key)


def test_of_very_many_keys_the_others_get_one_answer(cast, monkeypatch):
    monkeypatch.setattr(member_removal, "MOST_KEYS", 2)
    alice, bob = cast.alice, cast.bob
    keys = [bob.create_key(name=f"Key {number}") for number in range(4)]
    page = Page(alice.http.get(removal(bob)))
    assert "2 more keys" in page.text
    listed = re.findall(r'name="key" value="([^"]+)"', page.text)
    answer = remove(alice, bob, dict.fromkeys(listed, "revoke"), others="hand_over:")
    assert answer.status_code == 303
    assert [works(cast, key) for key in keys] == [key["id"] not in listed for key in keys]


def step(actor, page, others):
    return actor.http.post(page, data={"step": "yes", "others": others})


def test_more_keys_than_one_request_decides_about_take_steps_of_which_the_last_removes(cast, monkeypatch, clock):
    monkeypatch.setattr(member_removal, "MOST_KEYS", 1)
    monkeypatch.setattr("app.services.members.MOST_KEYS", 2)
    alice, bob = cast.alice, cast.bob
    keys = [bob.create_key(name=f"Key {number}") for number in range(6)]
    for decision, remaining in (("revoke", 4), ("hand_over:", 2)):
        page = Page(alice.http.get(removal(bob)))
        assert f"Their working keys: {remaining + 2}" in page.text
        assert "2 at most are decided about at a time" in page.text
        assert ("The next 2 keys" in page.text, "Remove member" in page.text) == (True, False)
        answer = step(alice, removal(bob), decision)
        assert (answer.status_code, answer.location) == (303, removal(bob))
        assert is_member(bob)
        assert len(re.findall(r'name="key"', alice.http.get(removal(bob)).text)) == (1 if remaining == 2 else 0)
    assert [works(cast, key) for key in keys].count(False) == 2
    page = Page(alice.http.get(removal(bob)))
    assert "1 more key, which was used longer ago." in page.text
    (listed,) = re.findall(r'name="key" value="([^"]+)"', page.text)
    assert remove(alice, bob, {listed: "revoke"}, others="revoke").status_code == 303
    assert not is_member(bob)
    assert [works(cast, key) for key in keys].count(True) == 2


def test_a_step_is_refused_as_a_removal_is(cast, monkeypatch):
    monkeypatch.setattr(member_removal, "MOST_KEYS", 1)
    monkeypatch.setattr("app.services.members.MOST_KEYS", 2)
    alice, bob = cast.alice, cast.bob
    keys = [bob.create_key() for _ in range(4)]
    for others in ("", "rotate:", "hand_over:bob@example.com", "hand_over:nobody@example.com"):
        answer = step(alice, removal(bob), others)
        assert answer.status_code == 422, others
        assert Page(answer).title.startswith("Problem: ")
    assert step(cast.vera, removal(bob), "revoke").status_code == 403
    assert step(cast.adam, removal(alice), "revoke").status_code == 403
    leaving = f"/orgs/{alice.org}/members/leave"
    assert step(alice, leaving, "revoke").status_code == 409
    assert all(works(cast, key) for key in keys)
    assert step(bob, leaving, "hand_over:alice@example.com").location == leaving
    assert [key["owner"] for key in owned_by(alice, alice)] == ["alice@example.com"] * 2
    assert is_member(bob)


def owned_by(actor, owner):
    listed = actor.http.get(f"/v1/orgs/{actor.org}/keys?owner={owner.email}").get_json()["data"]
    return [actor.http.get(f"/v1/orgs/{actor.org}/keys/{key['id']}").get_json()["data"] for key in listed]


def test_who_may_not_remove_somebody_gets_no_form(cast):
    assert cast.bob.http.get(removal(cast.vera)).status_code == 403
    assert cast.adam.http.get(removal(cast.alice)).status_code == 403
    assert remove(cast.adam, cast.alice).status_code == 403
    assert cast.charlie.http.get(removal(cast.bob)).status_code == 404
    assert cast.alice.http.get(removal(cast.charlie)).status_code == 404


def test_removing_oneself_is_leaving(cast):
    assert remove(cast.adam, cast.adam).headers["Location"] == f"{members_of(cast.adam)}/leave"


def test_who_leaves_decides_about_their_keys(cast, app, clock):
    alice, bob = cast.alice, cast.bob
    used, unused = bob.create_key(name="Used"), bob.create_key(name="Unused")
    assert works(cast, used)
    flush(app)
    page = Page(bob.http.get(f"{members_of(bob)}/leave"))
    assert chosen(page) == {"Used": "hand_over:", "Unused": "revoke"}
    assert f'value="hand_over:{alice.email}"' in page.text
    assert cast.adam.email not in page.text
    assert "Rotate it" not in page.text
    answer = leave(bob, {used["id"]: f"hand_over:{alice.email}", unused["id"]: "revoke"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "You are no longer a member of alice’s organization." in bob.http.get("/", follow_redirects=True).text
    assert detailed(alice, used["id"])["owner"] == alice.email
    assert [works(cast, key) for key in (used, unused)] == [True, False]


def test_what_who_leaves_did_not_decide_keeps_them_in(cast):
    bob = cast.bob
    key = bob.create_key(name="Mine")
    assert leave(bob).status_code == 409
    for decision in ("rotate:", f"hand_over:{cast.adam.email}"):
        answer = leave(bob, {key["id"]: decision})
        assert answer.status_code in {403, 422}
        assert "You are still a member." in Page(answer).text
    assert is_member(bob)


def test_the_last_owner_is_told_what_to_do_first(cast, app):
    alice = cast.alice
    page = Page(alice.http.get(f"{members_of(alice)}/leave"))
    assert "You cannot leave yet" in page.text
    assert "<form method" not in page.text.partition("<main")[2].partition("</main>")[0]
    assert leave(alice).status_code == 409
    with app.app_context():
        operator_members.add_member(app.extensions["runtime"], alice.org, cast.bob.email, Role.OWNER)
    assert "Leave alice’s organization?" in Page(alice.http.get(f"{members_of(alice)}/leave")).text
    assert leave(alice).status_code == 303


def test_who_was_removed_or_demoted_while_their_form_was_open_removes_nobody(cast, app):
    alice, adam, bob = cast.alice, cast.adam, cast.bob
    assert adam.http.get(removal(bob)).status_code == 200
    alice.http.patch(f"/v1/orgs/{alice.org}/members/{adam.person_id}", json={"role": "member"})
    assert remove(adam, bob).status_code == 403
    assert remove(alice, adam).status_code == 303
    assert remove(adam, bob).status_code == 404
    assert leave(adam).status_code == 404
    assert is_member(bob)


def test_too_many_keys_are_said_with_the_way_out(cast, monkeypatch):
    monkeypatch.setattr("app.services.members.MOST_KEYS", 1)
    keys = [cast.bob.create_key()["id"] for _ in range(2)]
    answer = remove(cast.alice, cast.bob, dict.fromkeys(keys, "revoke"))
    assert answer.status_code == 422
    assert "the keys are 2, more than 1; revoke some in the list of keys first" in Page(answer).text


def test_what_was_chosen_comes_back_after_signing_in_again(cast):
    alice, bob = cast.alice, cast.bob
    key = bob.create_key(name="Old")
    alice.http.delete_cookie("whs_session")
    sent = remove(alice, bob, {key["id"]: "hand_over:"}, old_keys="604800", filled_in_by=alice.person_id)
    assert sent.headers["Location"] == f"/sign-in?next={removal(bob)}"
    alice.sign_in()
    page = Page(alice.http.get(removal(bob)))
    assert chosen(page)["Old"] == "hand_over:"
    assert '<option value="604800" selected>' in page.text
    assert chosen(Page(alice.http.get(removal(bob))))["Old"] == "revoke"
    assert is_member(bob)


def test_who_is_alone_is_led_to_inviting_somebody_and_to_deleting_the_organization(alice):
    page = Page(alice.http.get(f"{members_of(alice)}/leave"))
    assert {f"/orgs/{alice.org}/invitations/new", f"/orgs/{alice.org}/settings/delete"} <= set(page.links)


def test_keys_that_the_member_only_created_are_linked_because_they_may_still_know_them(cast):
    alice, bob = cast.alice, cast.bob
    key = bob.create_key()
    alice.http.patch(f"/v1/orgs/{alice.org}/keys/{key['id']}", json={"owner": None})
    page = Page(alice.http.get(removal(bob)))
    assert "bob@example.com may still know it" in page.text
    assert f"/orgs/{alice.org}/keys?creator={bob.person_id}" in page.links
