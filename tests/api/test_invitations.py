"""`/v1/orgs/{org}/invitations`: who is invited, as what, and by whom."""

from datetime import timedelta

from app.domain.rfc3339 import rfc3339
from app.services import invitations
from tests.http.problems import assert_problem


def path(actor, invitation=None):
    return f"/v1/orgs/{actor.org}/invitations" + (f"/{invitation['id']}" if invitation else "")


def invite(actor, email="new@example.com", role="member"):
    return actor.http.post(path(actor), json={"email": email, "role": role})


def items(actor):
    return actor.http.get(path(actor)).get_json()["data"]


def test_an_address_is_invited_listed_and_no_longer_once_that_is_withdrawn(cast, clock):
    alice, adam = cast.alice, cast.adam
    answer = invite(adam, "New@Example.com")
    made = answer.get_json()["data"]
    assert answer.status_code == 201
    assert list(made) == ["id", "email", "role", "invited_by", "created_at", "expires_at", "link"]
    assert (made["email"], made["role"], made["invited_by"]) == ("new@example.com", "member", adam.email)
    assert made["expires_at"] == rfc3339(clock.now + timedelta(days=7))
    assert made["link"] == f"http://localhost:7860/invitations/{made['id']}"
    assert items(alice) == [made]
    answer = alice.http.delete(path(alice, made))
    assert (answer.status_code, answer.get_json()["data"]) == (200, made)
    assert items(alice) == []
    assert_problem(alice.http.delete(path(alice, made)), 404, "NOT_FOUND")


def test_inviting_again_renews_under_the_same_link(alice, clock):
    first = invite(alice).get_json()["data"]
    clock.advance(days=3)
    again = invite(alice, role="viewer").get_json()["data"]
    assert (again["id"], again["link"], again["role"]) == (first["id"], first["link"], "viewer")
    assert again["expires_at"] > first["expires_at"]
    assert items(alice) == [again]


def test_what_cannot_be_invited_is_said_by_field(cast):
    alice, bob = cast.alice, cast.bob
    answer = invite(alice, bob.email)
    assert_problem(answer, 422, "VALIDATION_FAILED")
    assert answer.get_json()["details"]["fields"] == {"email": "belongs to a member already"}
    for body in ({"email": "nobody", "role": "member"}, {"email": "a@example.com", "role": "king"}, {}):
        assert_problem(alice.http.post(path(alice), json=body), 422, "VALIDATION_FAILED")


def test_members_viewers_and_strangers_neither_invite_nor_see(cast):
    made = invite(cast.alice).get_json()["data"]
    for who, status, code in (
        (cast.bob, 403, "FORBIDDEN"),
        (cast.vera, 403, "FORBIDDEN"),
        (cast.charlie, 404, "NOT_FOUND"),
    ):
        for answer in (who.http.get(path(who)), invite(who), who.http.delete(path(who, made))):
            assert_problem(answer, status, code)
    assert items(cast.alice) == [made]


def test_an_admin_gives_no_role_above_their_own(cast):
    assert_problem(invite(cast.adam, role="owner"), 403, "FORBIDDEN")
    assert invite(cast.alice, role="owner").status_code == 201
    assert_problem(invite(cast.adam, role="viewer"), 403, "FORBIDDEN")


def test_the_twenty_first_of_a_day_is_refused_with_when_it_works_again(alice):
    for number in range(20):
        assert invite(alice, f"new{number}@example.com").status_code == 201
    answer = invite(alice)
    assert_problem(answer, 429, "RATE_LIMITED")
    assert answer.headers["Retry-After"] == "86400"
    assert answer.headers["RateLimit-Policy"] == '"invitation";q=20;w=86400'


def test_the_audit_log_says_by_whose_invitation_somebody_joined(app, cast, alice):
    made = invite(alice, "charlie@example.com").get_json()["data"]
    charlie = cast.charlie
    with app.app_context():
        invitations.accept(app.extensions["runtime"], made["id"], charlie.email)
    entries = alice.http.get(f"/v1/audit?org_id={alice.org}").get_json()["data"]
    joined = next(entry for entry in entries if entry["action"] == "member.joined")
    assert (joined["actor"], joined["target"]) == (charlie.email, charlie.person_id)
    assert joined["details"] == {"email": charlie.email, "role": "member", "invited_by": alice.email}
    assert charlie.http.get(f"/v1/orgs/{alice.org}/members").status_code == 200
