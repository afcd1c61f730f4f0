"""Settings of an organization: what the page says, and that it works."""

from tests.web.pages import Page


def page(actor):
    return Page(actor.http.get(f"/orgs/{actor.org}/settings"))


def test_members_see_it_and_strangers_do_not(cast):
    assert page(cast.vera).title.endswith("· alice’s organization · Keydesk")
    assert cast.charlie.http.get(f"/orgs/{cast.alice.org}/settings").status_code == 404


def test_its_tab_is_marked(alice):
    assert f'href="/orgs/{alice.org}/settings" aria-current="page"' in page(alice).text


def test_who_wants_all_keys_stopped_is_told_whom_to_ask_and_no_command(alice):
    shown = page(alice)
    assert "Ask the operator, who runs this Keydesk, to disable the organization" in shown.text
    assert "./keydesk" not in shown.text


def rename(actor, name):
    return actor.http.post(f"/orgs/{actor.org}/settings", data={"name": name})


def test_a_new_name_is_at_once_in_the_menu_of_organizations(cast):
    adam = cast.adam
    answer = rename(adam, "Acme & Sons")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/orgs/{cast.alice.org}/settings")
    shown = page(adam)
    assert "The organization is named “Acme &amp; Sons” now." in shown.text
    assert '<span class="org-name">Acme &amp; Sons</span>' in shown.text


def test_a_refused_name_comes_back_with_the_reason(alice):
    refused = rename(alice, "operators")
    shown = Page(refused)
    assert (refused.status_code, shown.title) == (422, "Problem: Settings · alice’s organization · Keydesk")
    assert 'value="operators"' in shown.text
    assert "choose another" in shown.text


def test_members_and_viewers_are_offered_no_form_and_cannot_send_one(cast):
    for actor in (cast.bob, cast.vera):
        assert not any("/settings" in (form["action"] or "") for form in page(actor).forms)
        assert rename(actor, "Mine").status_code == 403
    assert rename(cast.charlie, "Mine").status_code == 404
