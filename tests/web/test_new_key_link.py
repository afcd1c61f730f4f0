"""A link to the form for a new key: it fills in, says what it cannot, and never sends."""

import re
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from app.domain.name_rules import MAX_LENGTH
from app.domain.route_policy import Scope
from app.http.safe_next import MAX_LENGTH as LONGEST_NEXT
from tests.web.pages import CORPUS, Page


def path(actor, **query):
    return f"/orgs/{actor.org}/keys/new?{urlencode(query, doseq=True)}"


def opened(actor, **query):
    return Page(actor.http.get(path(actor, **query)))


def ticked(page):
    return re.findall(r'value="(\S+)" checked', page.text)


def name(page):
    return re.search(r'name="name" value="(.*?)"', page.text)[1]


def test_a_link_fills_in_the_form_and_makes_no_key(alice):
    page = opened(alice, name="Deploy bot", scope=["cache:invalidate", "notes:read"], expires="30")
    assert name(page) == "Deploy bot"
    assert ticked(page) == ["cache:invalidate", "notes:read"]
    assert '<option value="30" selected>' in page.text
    assert "A link filled in this form. Check it" in page.text
    assert 'role="alert"' not in page.text
    assert page.title.startswith("New key · ")
    assert alice.http.get(f"/v1/orgs/{alice.org}/keys").get_json()["data"] == []


@pytest.mark.parametrize(
    ("expires", "chosen", "day"),
    [
        ("never", "", ""),
        ("365", "365", ""),
        ("2026-12-31", "date", "2026-12-31"),
        ("", "90", ""),
    ],
)
def test_a_link_says_when_the_key_expires(alice, expires, chosen, day):
    page = opened(alice, expires=expires)
    assert f'<option value="{chosen}" selected>' in page.text
    assert f'id="expires_on" name="expires_on" value="{day}"' in page.text
    assert 'role="alert"' not in page.text


def test_an_address_without_anything_fills_in_nothing_and_says_nothing(alice):
    page = opened(alice, name=" ", scope="", expires="", other="x")
    assert "link filled in" not in page.text
    assert (name(page), ticked(page)) == ("", [])


def test_a_link_may_start_from_a_template(alice):
    page = opened(alice, template="ci", name="Deploy bot")
    assert (name(page), ticked(page)) == ("Deploy bot", ["cache:invalidate"])
    assert ticked(opened(alice, template="ci", scope="notes:read")) == ["notes:read"]


def test_scopes_may_be_separated_by_spaces_as_in_oauth(alice):
    assert ticked(opened(alice, scope="notes:read cache:invalidate")) == ["cache:invalidate", "notes:read"]


def test_scopes_that_the_member_cannot_give_are_named_and_not_ticked(cast):
    page = opened(cast.bob, scope=["keys:verify", "root", "notes:read"])
    assert ticked(page) == ["notes:read"]
    assert (
        "Your role (member) does not allow you to give a key the scope keys:verify. Ask an owner or admin." in page.text
    )
    assert "There is no scope “root”." in page.text
    assert ticked(opened(cast.alice, scope="keys:verify")) == ["keys:verify"]


@pytest.mark.parametrize(
    ("query", "field", "problem"),
    [
        ({"expires": "soon"}, "expires", "choose one of the options"),
        ({"expires": "45"}, "expires", "choose one of the options"),
        ({"expires": "date"}, "expires_on", "enter a date"),
        ({"expires": "2026-02-30"}, "expires_on", "enter a date"),
        ({"expires": "2020-01-31"}, "expires_on", "must be in the future"),
        ({"expires": "9999-12-31"}, "expires_on", "must be at most 3650 days"),
        ({"name": "two\u200bwords"}, "name", "invisible characters"),
        ({"name": "\u2800"}, "name", "invisible characters"),
    ],
)
def test_what_a_link_says_wrongly_is_a_problem_of_its_field_alone(alice, query, field, problem):
    answer = alice.http.get(path(alice, **query))
    page = Page(answer)
    assert answer.status_code == 200
    assert page.title.startswith("Problem: New key · ")
    assert "The link asks for what a key cannot have" in page.text
    assert [link for link in page.links if link.startswith("#") and link != "#main"] == [f"#{field}"]
    assert problem in page.text


def test_what_is_too_long_is_cut_off_and_said(alice):
    page = opened(
        alice, name="n" * 5000, scope=["s" * 5000, *(f"scope{number}" for number in range(500))], expires="e" * 5000
    )
    assert name(page) == "n" * MAX_LENGTH
    assert f"The name has 5000 characters. Only the first {MAX_LENGTH} are kept." in page.text
    assert f"There is no scope “{'s' * 40}…”." in page.text
    assert "491 more scopes are left out." in page.text
    assert "s" * 41 not in page.text
    assert "eeee" not in page.text
    assert len(page.text) < 20_000


def test_more_scopes_than_one_key_can_have_are_a_problem(alice, runtime, set_settings):
    policy = runtime.settings.policy
    many = {f"scope-{number}": Scope(f"scope-{number}", "One of many") for number in range(250)}
    set_settings(policy=replace(policy, scopes=policy.scopes | many))
    page = opened(alice, scope=list(many))
    assert len(ticked(page)) == 250
    assert "#scopes" in page.links
    assert "the maximum is 2000" in page.text


@pytest.mark.parametrize("text", CORPUS)
def test_hostile_links_are_text(alice, text):
    page = alice.http.get(path(alice, name=text, scope=[text], expires=text, template=text, back=text)).text
    for tag in ("<script>alert", "<img", "<svg onload", ">49<"):
        assert tag not in page


def test_a_link_survives_signing_in(alice, app):
    link = path(
        alice,
        name="Deploy bot of the whole team",
        scope=["cache:invalidate"] * 8 + ["notes:read"] * 20,
        expires="2026-12-31",
    )
    assert 400 < len(link) < LONGEST_NEXT
    browser = app.test_client()
    asked = Page(browser.get(link, follow_redirects=True))
    kept = re.search(r'name="next" value="(.*?)"', asked.text)[1].replace("&amp;", "&")
    sent = Page(browser.post("/sign-in", data={"email": alice.email, "next": kept}))
    (callback,) = [found for found in sent.links if "token=" in found]
    answer = browser.get(callback.replace("http://localhost:7860", ""))
    assert answer.headers["Location"] == link
    assert ticked(Page(browser.get(link))) == ["cache:invalidate", "notes:read"]


def test_what_a_link_filled_in_gives_way_to_a_form_that_was_kept(alice):
    alice.http.post("/v1/auth/sign-out")
    person = {"filled_in_by": alice.person_id}
    alice.http.post(f"/orgs/{alice.org}/keys/new", data=person | {"name": "Typed"})
    alice.sign_in()
    assert name(opened(alice, name="Linked")) == "Typed"
