"""The page where a person chooses which mails they get."""

from tests.web.pages import Page

PAGE = "/account/mails"


def is_ticked(actor, kind):
    page = Page(actor.http.get(PAGE)).text
    return f'name="kind" value="{kind}" checked' in page


def test_all_are_on_at_first_and_a_person_switches_off_their_own(cast):
    alice, bob = cast.alice, cast.bob
    assert is_ticked(alice, "key_ends")
    answer = alice.http.post(PAGE, data={})
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert "Your choice of mails is saved." in alice.http.get(PAGE).text
    assert not is_ticked(alice, "key_ends")
    assert is_ticked(bob, "key_ends")
    alice.http.post(PAGE, data={"kind": ["key_ends", "no such kind"]})
    assert is_ticked(alice, "key_ends")


def test_every_page_leads_there(alice):
    assert PAGE in Page(alice.http.get("/sessions")).links


def test_owners_choose_of_which_organizations_they_get_the_seal(cast):
    alice, bob = cast.alice, cast.bob
    ticked = f'name="seal" value="{alice.org}" checked'
    assert ticked not in Page(alice.http.get(PAGE)).text
    for _ in range(2):
        alice.http.post(PAGE, data={"kind": "key_ends", "seal": [alice.org, "org_of_others"]})
        assert ticked in Page(alice.http.get(PAGE)).text
    alice.http.post(PAGE, data={"kind": "key_ends"})
    assert ticked not in Page(alice.http.get(PAGE)).text
    assert "Weekly seal" not in Page(bob.http.get(PAGE)).text
