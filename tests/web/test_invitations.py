"""Invitations in the browser: who sees what behind the link, and who joins by it."""

import re

import pytest

from app.domain.member_roles import Role
from app.services import invitations, member_removal
from app.services.member_removal import Decisions
from tests.actors import Actor
from tests.web.pages import Page

EMAIL = "dora@example.com"
CLOSED = "This invitation is not open"


@pytest.fixture
def dora(app):
    """Somebody new, not signed in yet."""
    return Actor(app, "dora")


def form(actor):
    return f"/orgs/{actor.org}/invitations/new"


def send(actor, email=EMAIL, role="member"):
    return actor.http.post(form(actor), data={"email": email, "role": role, "filled_in_by": actor.person_id})


def members_page(actor):
    return actor.http.get(f"/orgs/{actor.org}/members")


@pytest.fixture
def path(app, alice):
    """Of an invitation of Dora as member."""
    with app.app_context():
        return f"/invitations/{invitations.invite(app.extensions['runtime'], alice.member, EMAIL, Role.MEMBER).id}"


def roles(actor):
    return {org["name"]: org["role"] for org in actor.http.get("/v1/orgs").get_json()["data"]}


def test_somebody_is_invited_and_the_members_page_shows_the_link_to_copy_and_withdraws_it(alice):
    assert 'value="member" selected' in Page(alice.http.get(form(alice))).text
    answer = send(alice, role="admin")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/orgs/{alice.org}/members")
    shown = Page(members_page(alice))
    assert "dora@example.com is invited as an admin. No email is sent: copy the link for them." in shown.text
    assert re.search(r"http://localhost:7860/invitations/inv_\w+", shown.text)
    withdraw = next(f["action"] for f in shown.forms if f["action"].endswith("/withdraw"))
    alice.http.post(withdraw)
    shown = Page(members_page(alice))
    assert "The invitation of dora@example.com is withdrawn." in shown.text
    assert "Nobody is invited at the moment." in shown.text
    alice.http.post(withdraw)
    assert "This invitation is not open any more." in members_page(alice).text


def test_with_mail_it_says_that_a_link_was_sent(alice, set_settings):
    set_settings(mail_server="127.0.0.1")
    send(alice)
    assert "dora@example.com is invited as a member. We have sent them a link." in members_page(alice).text


@pytest.mark.parametrize(
    ("sent", "status", "problem"),
    [
        ({"email": "nobody at all"}, 422, "Enter one address, like you@example.com"),
        ({"email": "alice@example.com"}, 422, "Belongs to a member already"),
        ({"role": "king"}, 422, "Choose a role"),
    ],
)
def test_a_refused_form_comes_back_with_what_was_typed_and_what_is_wrong(alice, sent, status, problem):
    answer = send(alice, **sent)
    assert answer.status_code == status
    page = Page(answer)
    assert page.title.startswith("Problem: Invite somebody")
    assert f'-problem">{problem}' in page.text
    assert f'value="{sent.get("email", EMAIL)}"' in page.text


def test_over_the_limit_the_form_says_when_it_works_again(alice):
    for number in range(20):
        send(alice, f"new{number}@example.com")
    answer = send(alice)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "86400")
    assert "Too many invitations. Try again in 24 hours." in Page(answer).text


def test_an_admin_is_offered_no_role_above_their_own_and_withdraws_no_owners_invitation(cast):
    send(cast.alice, role="owner")
    adam = cast.adam
    assert 'value="owner"' not in adam.http.get(form(adam)).text
    assert send(adam, "other@example.com", "owner").status_code == 403
    page = Page(members_page(adam))
    assert EMAIL in page.text
    assert "/withdraw" not in page.text


@pytest.mark.parametrize("who", ["bob", "vera"])
def test_members_and_viewers_neither_see_invitations_nor_invite(cast, path, who):
    actor = getattr(cast, who)
    page = members_page(actor)
    assert EMAIL not in page.text
    assert "Invite somebody" not in page.text
    assert actor.http.get(form(actor)).status_code == 403


def test_a_form_that_was_sent_signed_out_comes_back_after_signing_in(alice):
    token = alice.http.get_cookie("whs_session").value
    filled_in = {"email": EMAIL, "role": "viewer", "filled_in_by": alice.person_id}
    alice.http.delete_cookie("whs_session")
    assert alice.http.post(form(alice), data=filled_in).headers["Location"].startswith("/sign-in?next=")
    alice.http.set_cookie("whs_session", token)
    page = Page(alice.http.get(form(alice)))
    assert f'value="{EMAIL}"' in page.text
    assert 'value="viewer" selected' in page.text


def test_a_stranger_sees_what_the_mail_said_and_not_the_whole_address(alice, dora, path):
    page = Page(dora.http.get(path))
    assert page.title == "Invitation to alice’s organization · Keydesk"
    assert "alice@example.com invites d•••@example.com to join alice’s organization as a member." in page.text
    assert EMAIL not in page.text
    assert alice.org not in page.text


def test_the_link_leads_to_a_sign_in_of_that_address_and_back_and_then_asks(app, alice, dora, path):
    sent = dora.http.post(f"{path}/sign-in")
    assert sent.status_code == 200
    link = re.search(r'href="http://localhost:7860(/v1/auth/callback[^"]+)"', Page(sent).text)[1]
    answer = dora.http.get(link)
    assert (answer.status_code, answer.headers["Location"]) == (302, path)
    assert roles(dora) == {}
    page = Page(dora.http.get(path))
    assert page.title == "Join alice’s organization? · Keydesk"
    answer = dora.http.post(f"{path}/accept")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/orgs/{alice.org}/keys")
    assert "You are a member of alice’s organization now." in dora.http.get(answer.headers["Location"]).text
    assert roles(dora) == {"alice’s organization": "member"}
    # The link, and the button once more, lead to the organization.
    for answer in (dora.http.get(path), dora.http.post(f"{path}/accept")):
        assert answer.headers["Location"] == f"/orgs/{alice.org}/keys"
    assert EMAIL in members_page(alice).text
    assert "Nobody is invited at the moment." in members_page(alice).text


def test_nothing_of_the_link_signs_in_or_joins_by_being_followed(dora, path):
    for _ in range(2):
        assert dora.http.get(path).status_code == 200
    assert dora.http.get("/v1/orgs").status_code == 401
    dora.sign_in()
    dora.http.get(path)
    assert roles(dora) == {}


def test_signed_in_as_somebody_else_it_says_so_and_offers_a_way_out(cast, path):
    charlie = cast.charlie
    page = Page(charlie.http.get(path))
    assert "You are signed in as charlie@example.com, and this invitation is for another address." in page.text
    assert f"{path}/sign-in" in [form["action"] for form in page.forms]
    assert 'formaction="/v1/auth/sign-out">Sign out</button>' in page.text
    assert f"{path}/accept" not in page.text
    for word in ("accept", "decline"):
        assert charlie.http.post(f"{path}/{word}").headers["Location"] == path
    assert "alice’s organization" not in roles(charlie)


def test_too_many_sign_in_links_are_refused_on_the_page_itself(app, dora, path, set_settings):
    set_settings(mail_server="127.0.0.1")
    for _ in range(5):
        assert "d•••@example.com" in dora.http.post(f"{path}/sign-in").text
    answer = dora.http.post(f"{path}/sign-in")
    assert answer.status_code == 429
    assert "Too many attempts. Try again in 60 minutes." in Page(answer).text


def test_what_is_not_open_is_the_same_page_for_everybody(app, cast, clock, path, dora):
    runtime = app.extensions["runtime"]
    with app.app_context():
        withdrawn = invitations.invite(runtime, cast.alice.member, "a@example.com", Role.VIEWER)
        declined = invitations.invite(runtime, cast.alice.member, "b@example.com", Role.VIEWER)
        invitations.withdraw(runtime, cast.alice.member, withdrawn.id)
        invitations.decline(runtime, declined.id, "b@example.com")
    paths = ["/invitations/inv_none", f"/invitations/{withdrawn.id}", f"/invitations/{declined.id}"]
    dora.sign_in()
    dora.http.post(f"{path}/accept")
    paths.append(path)
    bodies = set()
    for who in (app.test_client(), cast.charlie.http):
        for ended in paths:
            for answer in (who.get(ended), who.post(f"{ended}/sign-in")):
                assert answer.status_code == 404
                bodies.add(re.sub(r"(?s).*<main|</main>.*", "", answer.text))
    assert len(bodies) == 1
    assert CLOSED in bodies.pop()
    clock.advance(days=8)
    with app.app_context():
        member_removal.remove(runtime, cast.alice.sign_in().member, dora.person_id, Decisions())
    assert CLOSED in dora.sign_in().http.get(path).text


def test_a_declined_invitation_is_gone(dora, path):
    dora.sign_in()
    assert dora.http.post(f"{path}/decline").headers["Location"] == "/"
    page = Page(dora.http.get("/"))
    assert "You declined the invitation to alice’s organization." in page.text
    assert page.title == "No organization yet · Keydesk"
    assert dora.http.get(path).status_code == 404


def test_who_may_not_invite_any_more_lets_nobody_in_and_the_page_says_so(app, cast, dora):
    runtime = app.extensions["runtime"]
    with app.app_context():
        path = f"/invitations/{invitations.invite(runtime, cast.adam.member, EMAIL, Role.MEMBER).id}"
        member_removal.remove(runtime, cast.alice.member, cast.adam.person_id, Decisions())
    dora.sign_in()
    for answer in (dora.http.get(path), dora.http.post(f"{path}/accept")):
        assert "adam@example.com cannot invite you as member any more." in Page(answer).text
        assert ">Join<" not in answer.text
        assert ">Decline<" in answer.text
    assert answer.status_code == 403
    why = "Nobody can join by it: adam@example.com cannot give this role any more."
    assert why in Page(members_page(cast.alice)).text
    send(cast.alice)
    assert why not in members_page(cast.alice).text
    assert ">Join<" in Page(dora.http.get(path)).text


def test_who_comes_by_an_invitation_sees_it_at_home_and_may_have_an_organization_of_their_own(dora, path):
    page = Page(dora.sign_in().http.get("/"))
    assert page.title == "You have 1 invitation · Keydesk"
    assert path in page.links
    assert "/orgs/new" in page.links
    answer = dora.http.post("/orgs/new", data={"name": "Dora’s"})
    assert answer.status_code == 303
    assert roles(dora) == {"Dora’s": "owner"}
    # The invitation is still there: at home, and beside the organizations in the header of every page.
    assert path in Page(dora.http.get("/")).links
    assert path in Page(dora.http.get("/sessions")).links


def test_where_people_sign_up_by_invitation_only_there_is_none_of_their_own(alice, dora, path, set_settings):
    set_settings(sign_up="invited")
    page = dora.sign_in().http.get("/")
    assert "/orgs/new" not in Page(page).text
    assert dora.http.post("/orgs/new", data={"name": "Dora’s"}).status_code == 403
    dora.http.post(f"{path}/decline")
    assert "Ask an owner or admin of an organization to invite you" in dora.http.get("/").text
