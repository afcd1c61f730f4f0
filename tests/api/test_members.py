"""`/v1/orgs/{org}/members`: who is in an organization, in which role, and what becomes of the keys of those who go."""

import pytest

from app.domain.member_roles import Role
from app.services import operator_members
from tests.http.problems import assert_problem


def path(actor, target=None):
    return f"/v1/orgs/{actor.org}/members" + (f"/{target.person_id}" if target else "")


def items(actor):
    return actor.http.get(path(actor)).get_json()["data"]


def roles(actor):
    return {item["email"].partition("@")[0]: item["role"] for item in items(actor)}


def test_every_member_sees_the_members(cast):
    alice, bob = cast.alice, cast.bob
    bob.create_key()
    alice.create_key()
    for reader in (alice, cast.vera):
        found = {item["email"]: item for item in items(reader)}
        assert list(found[bob.email]) == ["id", "email", "role", "since", "last_seen", "keys", "disabled"]
        assert (found[bob.email]["id"], found[bob.email]["keys"]) == (bob.person_id, 1)
        assert found[bob.email]["last_seen"] is not None
        assert reader.http.get(path(reader, bob)).get_json()["data"] == found[bob.email]
    assert roles(alice) == {"alice": "owner", "bob": "member", "vera": "viewer"}


def test_outsiders_and_people_who_are_no_members_are_the_same_404(cast):
    charlie = cast.charlie
    for method, body in (("GET", None), ("PATCH", {"role": "viewer"}), ("DELETE", None)):
        for who, target in ((charlie, cast.alice), (charlie, charlie), (cast.alice, charlie)):
            answer = who.http.open(path(who, target), method=method, json=body)
            assert_problem(answer, 404, "NOT_FOUND")


def test_a_role_is_changed_by_those_who_may(cast):
    alice, adam, bob = cast.alice, cast.adam, cast.bob
    answer = adam.http.patch(path(adam, bob), json={"role": "viewer"})
    assert (answer.status_code, answer.get_json()["data"]["role"]) == (200, "viewer")
    assert_problem(adam.http.patch(path(adam, bob), json={"role": "owner"}), 403, "FORBIDDEN")
    assert_problem(adam.http.patch(path(adam, alice), json={"role": "viewer"}), 403, "FORBIDDEN")
    assert_problem(bob.http.patch(path(bob, bob), json={"role": "admin"}), 403, "FORBIDDEN")
    assert_problem(alice.http.patch(path(alice, alice), json={"role": "admin"}), 409, "LAST_OWNER")
    assert_problem(alice.http.patch(path(alice, bob), json={"role": "king"}), 422, "VALIDATION_FAILED")
    assert_problem(alice.http.patch(path(alice, bob), json={}), 422, "VALIDATION_FAILED")


def test_keys_that_a_new_role_could_not_create_are_listed_until_it_is_said_what_happens(cast):
    alice, bob = cast.alice, cast.bob
    key = bob.create_key(name="CI")
    answer = alice.http.patch(path(alice, bob), json={"role": "viewer"})
    assert_problem(answer, 409, "KEYS_UNDECIDED")
    assert answer.get_json()["details"] == {"keys": [{"id": key["id"], "name": "CI", "start": key["start"]}]}
    assert roles(alice)["bob"] == "member"
    assert alice.http.patch(path(alice, bob), json={"role": "viewer", "keys": "revoke"}).status_code == 200
    shown = alice.http.get(f"/v1/orgs/{alice.org}/keys/{key['id']}").get_json()["data"]
    assert shown["status"] == "revoked"


def test_nothing_is_lost_by_removing_somebody_without_a_word(cast):
    alice, bob = cast.alice, cast.bob
    key = bob.create_key(name="CI")
    answer = alice.http.delete(path(alice, bob))
    assert_problem(answer, 409, "KEYS_UNDECIDED")
    assert [found["id"] for found in answer.get_json()["details"]["keys"]] == [key["id"]]
    assert "bob" in roles(alice)


def test_a_member_is_removed_and_each_key_gets_its_fate(cast):
    alice, bob = cast.alice, cast.bob
    kept, rotated, revoked = (bob.create_key(name=name) for name in ("A", "B", "C"))
    body = {
        "keys": [
            {"id": kept["id"], "action": "hand_over"},
            {"id": rotated["id"], "action": "rotate", "owner": alice.email},
        ],
        "others": {"action": "revoke"},
        "overlap_seconds": 3600,
    }
    answer = alice.http.delete(path(alice, bob), json=body)
    done = answer.get_json()["data"]
    assert (answer.status_code, done["id"], done["email"]) == (200, bob.person_id, bob.email)
    (successor,) = done["successors"]
    ask = cast.nobody().http.get
    works = [
        ask("/v1/me", headers={"x-api-key": key["key"]}).status_code for key in (kept, rotated, revoked, successor)
    ]
    assert works == [200, 200, 401, 200]
    detailed = alice.http.get(f"/v1/orgs/{alice.org}/keys/{successor['id']}").get_json()["data"]
    assert (detailed["owner"], detailed["created_by"]) == (alice.email, alice.email)
    assert bob.http.get(path(bob)).status_code == 404
    assert_problem(alice.http.delete(path(alice, bob)), 404, "NOT_FOUND")


def test_everybody_leaves_by_themselves_but_the_last_owner(cast, app):
    alice, bob, vera = cast.alice, cast.bob, cast.vera
    bob.create_key()
    assert_problem(alice.http.delete(path(alice, alice)), 409, "LAST_OWNER")
    assert_problem(vera.http.delete(path(vera, bob)), 403, "FORBIDDEN")
    assert_problem(bob.http.delete(path(bob, bob), json={"others": {"action": "rotate"}}), 403, "FORBIDDEN")
    assert bob.http.delete(path(bob, bob), json={"others": {"action": "hand_over"}}).status_code == 200
    assert vera.http.delete(path(vera, vera)).status_code == 200
    assert roles(alice) == {"alice": "owner"}
    with app.app_context():
        operator_members.add_member(app.extensions["runtime"], alice.org, bob.email, Role.OWNER)
    assert alice.http.delete(path(alice, alice)).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"others": {"action": "keep"}}, "others.action"),
        ({"others": {"action": "hand_over", "owner": "nobody@example.com"}}, "owner"),
        ({"keys": [{"id": "key_1"}]}, "keys.0.action"),
        ({"overlap_seconds": -1}, "overlap_seconds"),
    ],
)
def test_what_cannot_be_meant_is_named_and_removes_nobody(cast, body, field):
    cast.bob.create_key()
    answer = cast.alice.http.delete(path(cast.alice, cast.bob), json=body)
    assert_problem(answer, 422, "VALIDATION_FAILED")
    assert list(answer.get_json()["details"]["fields"]) == [field]
    assert "bob" in roles(cast.alice)
