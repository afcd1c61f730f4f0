"""Forms for keys offer what the policy allows, and say why the rest is missing."""

import re

import pytest

from app.domain.key_policy import KeyPolicy
from app.services import device_grants
from app.web import key_form_policy as in_forms
from tests.web.pages import Page


def let(actor, **wanted):
    assert actor.http.patch(f"/v1/orgs/{actor.org}/key-policy", json=wanted).status_code == 200


def new(actor, query=""):
    return Page(actor.http.get(f"/orgs/{actor.org}/keys/new{query}"))


def create(actor, **form):
    return actor.http.post(f"/orgs/{actor.org}/keys/new", data={"name": "CI", "scopes": ["agent:r"]} | form)


def expiries(page):
    """The choices, and the chosen one."""
    text = page.text.partition('id="expires"')[2].partition("</select>")[0]
    (chosen,) = re.findall(r'value="(\w*)" selected', text)
    return re.findall(r'option value="(\w*)"', text), chosen


def scopes(page):
    return re.findall(r'name="scopes" value="([^"]+)"', page.text)


@pytest.mark.parametrize(
    ("policy", "offered", "chosen"),
    [
        (KeyPolicy(), ["30", "90", "365", ""], "90"),
        (KeyPolicy(longest_expiry_days=90), ["30", "90"], "90"),
        (KeyPolicy(longest_expiry_days=60), ["30", "60"], "60"),
        (KeyPolicy(longest_expiry_days=1), ["1"], "1"),
        (KeyPolicy(longest_expiry_days=120, default_expiry_days=14), ["14", "30", "90", "120"], "14"),
        (KeyPolicy(default_expiry_days=30), ["30", "90", "365", ""], "30"),
        (KeyPolicy(expiry_required=True), ["30", "90", "365"], "90"),
    ],
)
def test_choices_beyond_the_longest_are_not_offered_and_the_default_is_chosen(policy, offered, chosen):
    assert list(in_forms.expiries(policy)) == offered
    assert in_forms.chosen_beforehand(policy) == chosen


def test_the_form_for_a_new_key_offers_what_the_policy_allows_and_says_so(cast):
    alice, bob = cast.alice, cast.bob
    assert expiries(new(alice)) == (["30", "90", "365", "", "date"], "90")
    assert "That is the policy" not in new(bob).text
    let(alice, longest_expiry_days=60, scopes_by_role={"member": ["agent:rw"]})
    page = new(bob)
    assert expiries(page) == (["30", "60", "date"], "60")
    assert scopes(page) == ["agent:rw", "agent:r", "cache:invalidate"]
    assert "Keys of alice’s organization end after at most 60 days." in page.text
    assert "Members may give only these scopes: agent:rw. That is the policy of alice’s organization." in page.text
    assert 'max="2026-06-15"' in page.text
    assert "notes:read" in scopes(new(alice))
    let(alice, longest_expiry_days=None, expiry_required=True)
    assert "Keys of alice’s organization have to expire." in new(bob).text


def test_a_form_from_before_the_policy_is_refused_beside_its_fields(cast):
    let(cast.alice, longest_expiry_days=60, scopes_by_role={"member": ["notes:read"]})
    for expires, more in (("365", {}), ("", {}), ("date", {"expires_on": "2026-06-16"})):
        answer = create(cast.bob, expires=expires, **more)
        assert answer.status_code == 422
        page = Page(answer)
        assert "At most 60 days from now; the organization’s policy" in page.text
        assert "Leave out agent:r; the organization’s policy lets your role (member) give: notes:read" in page.text
        assert page.ids["expires-problem"] == page.ids["scopes-problem"] == 1
    assert create(cast.alice, expires="date", expires_on="2026-06-15").status_code == 201


def test_the_form_that_changes_a_key_keeps_what_the_key_has(cast):
    alice, bob = cast.alice, cast.bob
    key = bob.create_key(scopes=["notes:write", "agent:r"])["id"]
    let(alice, longest_expiry_days=60, scopes_by_role={"member": ["agent:r"]})
    path = f"/orgs/{bob.org}/keys/{key}/change"
    page = Page(bob.http.get(path))
    assert expiries(page) == (["keep", "30", "60", "date"], "keep")
    assert scopes(page) == ["agent:r", "notes:write"]

    def change(expires):
        seen = re.search(r'name="seen" value="(\w+)"', bob.http.get(path).text)[1]
        form = {"name": "CI", "seen": seen, "expires": expires, "scopes": ["agent:r", "notes:write"]}
        return bob.http.post(path, data=form)

    # What is so already is no change, and an earlier end asks for nothing; an extension asks for the scopes, too.
    assert [change(expires).status_code for expires in ("keep", "", "30")] == [303, 303, 303]
    extended = change("60")
    assert extended.status_code == 422
    assert "Leave out notes:write; the organization’s policy" in Page(extended).text


def test_a_template_and_a_link_ask_for_no_more_than_the_policy_allows(cast):
    let(cast.alice, longest_expiry_days=60, scopes_by_role={"member": ["notes:read"]})
    page = new(cast.bob, "?template=read-only")
    assert expiries(page) == (["30", "60", "date"], "60")
    assert "CI bot" not in page.text
    page = new(cast.bob, "?name=CI&scope=notes:read&scope=notes:write&expires=365")
    assert "The organization’s policy does not let your role give a key the scope “notes:write”." in page.text
    assert "At most 60 days from now; the organization’s policy" in page.text
    assert 'role="alert"' not in new(cast.bob, "?name=CI&scope=notes:read&expires=60").text


def test_the_page_of_a_rotation_says_when_the_successor_ends(alice):
    never, soon = alice.create_key()["id"], alice.create_key(expires_in_days=9)["id"]
    let(alice, longest_expiry_days=60)
    page = alice.http.get(f"/orgs/{alice.org}/keys/{never}/rotate").text
    assert re.search(r"It ends on <time [^>]*>15 June 2026, 12:00 UTC</time>", page)
    assert "Keys of alice’s organization end after at most 60 days." in page
    assert (
        "with the same name, scopes, limits and expiry." in alice.http.get(f"/orgs/{alice.org}/keys/{soon}/rotate").text
    )


def test_a_rotation_and_a_day_more_that_the_policy_refuses_say_why(cast):
    alice, bob = cast.alice, cast.bob
    key = bob.create_key(scopes=["notes:write"])["id"]
    assert bob.http.post(f"/v1/orgs/{bob.org}/keys/{key}/rotate", json={"overlap_seconds": 3600}).status_code == 201
    let(alice, scopes_by_role={"member": ["agent:r"]})
    other = alice.create_key(scopes=["notes:write"])
    assert bob.http.post(f"/orgs/{bob.org}/keys/{key}/extend").status_code == 303
    page = bob.http.get(f"/orgs/{bob.org}/keys/{key}").text
    assert "leave out notes:write; the organization’s policy" in page
    mine = bob.create_key(scopes=["agent:r"])["id"]
    let(alice, scopes_by_role={"member": []})
    answer = bob.http.post(f"/orgs/{bob.org}/keys/{mine}/rotate", data={"overlap": "0"})
    assert answer.status_code == 422
    assert "leave out agent:r; the organization’s policy lets your role (member) give: none" in Page(answer).text
    assert other["scopes"] == ["notes:write"]


@pytest.fixture
def ask(app, runtime):
    """The page on which somebody decides about an agent that asks for these scopes."""

    def ask(actor, *scopes):
        with app.app_context():
            begun = device_grants.authorize(
                runtime, client_name="Claude Code", scopes=scopes, client="203.0.113.1", address="203.0.113.1"
            )
        return Page(actor.http.post("/device", data={"code": begun.user_code.reveal()}))

    return ask


def test_an_agent_is_offered_what_the_policy_admits(cast, ask):
    alice, bob = cast.alice, cast.bob
    assert '<option value="90" selected>' in ask(bob, "notes:read", "notes:write").text
    let(alice, longest_expiry_days=60, default_expiry_days=30, scopes_by_role={"member": ["notes:read"]})
    page = ask(bob, "notes:read", "notes:write")
    assert scopes(page) == ["notes:read"]
    assert "The agent also asked for what your role may not give." in page.text
    assert "Keys of alice’s organization end after at most 60 days." in page.text
    assert '<option value="30" selected>' in page.text
    assert '<option value="90"' not in page.text
    page = ask(bob, "notes:write")
    assert "You cannot approve this: your role may not give a key <code>notes:write</code>." in page.text
    assert 'value="approve"' not in page.text
    # Somebody in several organizations is told of each.
    cast.join(bob, own_organization_of(cast.charlie))
    page = ask(bob, "notes:read", "notes:write")
    assert scopes(page) == ["notes:read", "notes:write"]
    assert "Keys of alice’s organization end after at most 60 days." in page.text
    assert '<option value="90"' in page.text


def own_organization_of(actor):
    return actor.own_organization()
