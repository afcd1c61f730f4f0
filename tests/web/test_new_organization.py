"""Making another organization in the browser."""

from tests.web.pages import Page

NEW = "/orgs/new"


def test_the_menu_and_the_front_door_lead_there(cast):
    alice = cast.alice
    assert NEW in Page(alice.http.get(f"/orgs/{alice.org}/keys")).links
    assert Page(alice.http.get(NEW)).title == "New organization · Keydesk"
    cast.join(cast.charlie, alice.org)
    assert NEW in Page(cast.charlie.http.get("/")).links


def test_a_new_one_begins_with_its_empty_list_of_keys(alice):
    made = alice.http.post(NEW, data={"name": "Second"})
    assert made.status_code == 303
    page = Page(alice.http.get(made.headers["Location"]))
    assert page.title == "Keys · Second · Keydesk"
    assert Page(alice.http.get("/")).title == "Your organizations · Keydesk"


def test_a_refused_name_comes_back_with_the_reason(alice):
    refused = alice.http.post(NEW, data={"name": "Operators"})
    page = Page(refused)
    assert (refused.status_code, page.title) == (422, "Problem: New organization · Keydesk")
    assert 'value="Operators"' in page.text
    assert "choose another" in page.text


def test_over_the_limit_the_page_says_until_when(alice):
    for _ in range(5):
        alice.http.post(NEW, data={"name": "Again"})
    refused = alice.http.post(NEW, data={"name": "Again"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
    assert "Try again in 60 minutes" in Page(refused).text


def test_whom_sign_up_does_not_let_have_one_is_not_led_there_and_told_whom_to_ask(alice, set_settings):
    set_settings(sign_up="invited")
    assert NEW not in Page(alice.http.get(f"/orgs/{alice.org}/keys")).links
    assert "Ask its operator" in Page(alice.http.get(NEW)).text
    assert alice.http.post(NEW, data={"name": "Second"}).status_code == 403


def test_what_was_typed_is_there_again_after_signing_in(cast):
    alice, person_id = cast.alice, cast.alice.person_id
    alice.http.delete_cookie("whs_session")
    away = alice.http.post(NEW, data={"name": "Second", "filled_in_by": person_id})
    assert away.headers["Location"] == "/sign-in?next=/orgs/new"
    alice.sign_in()
    assert 'value="Second"' in Page(alice.http.get(NEW)).text
