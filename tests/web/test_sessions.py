"""The page of one's own sessions."""

from tests.web.pages import Page


def sessions_on(page):
    return [form["action"] for form in page.forms if form["action"].endswith("/end")]


def test_a_person_sees_their_sessions_and_ends_another_browsers(alice, app, clock):
    here = alice.http.get_cookie("whs_session").value
    clock.advance(minutes=1)
    there = alice.sign_in().http.get_cookie("whs_session").value
    alice.http.set_cookie("whs_session", here)
    page = Page(alice.http.get("/sessions"))
    newest, _ = sessions_on(page)
    assert page.text.count("This browser") == 1
    answer = alice.http.post(newest)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sessions")
    assert "That session has ended" in alice.http.get("/sessions").text
    other = app.test_client()
    other.set_cookie("whs_session", there)
    assert other.get("/v1/orgs").status_code == 401


def test_ending_ones_own_session_leads_to_sign_in(alice):
    (action,) = sessions_on(Page(alice.http.get("/sessions")))
    assert alice.http.post(action).headers["Location"] == "/sign-in"
    assert alice.http.get("/v1/orgs").status_code == 401


def test_another_persons_session_is_not_there(cast):
    (action,) = sessions_on(Page(cast.alice.http.get("/sessions")))
    assert cast.bob.http.post(action).status_code == 404
    assert cast.alice.http.get("/v1/orgs").status_code == 200


def test_ending_the_session_of_this_browser_says_that_it_signs_out(alice):
    page = alice.http.get("/sessions").text
    assert "Sign out of this browser</button>" in page
    assert "End this session" not in page
    alice.sign_in()
    assert alice.http.get("/sessions").text.count(">End this session") == 1


def test_all_other_sessions_end_with_one_button(alice, app):
    assert "End all others" not in alice.http.get("/sessions").text
    there = alice.http.get_cookie("whs_session").value
    alice.sign_in()
    page = Page(alice.http.get("/sessions"))
    assert {"method": "post", "action": "/sessions/end-others"} in page.forms
    assert "Agents then cannot manage your keys any more" in page.text
    assert alice.http.post("/sessions/end-others").headers["Location"] == "/sessions"
    page = alice.http.get("/sessions").text
    assert (
        "1 other session has ended, and agents cannot manage your keys any more. You are signed in here only." in page
    )
    assert page.count("<article") == 1
    other = app.test_client()
    other.set_cookie("whs_session", there)
    assert other.get("/v1/orgs").status_code == 401


def test_the_page_lists_the_organizations_with_the_role(cast):
    page = cast.vera.http.get("/sessions").text
    assert f'<a href="/orgs/{cast.alice.org}/keys">alice’s organization</a>, viewer' in page
