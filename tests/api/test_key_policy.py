"""The policy of an organization for its keys, over HTTP."""

import pytest

from tests.http.problems import assert_problem

UNSET = {
    "default_expiry_days": None,
    "longest_expiry_days": None,
    "expiry_required": False,
    "scopes_by_role": {"owner": None, "admin": None, "member": None},
}


def path(actor):
    return f"/v1/orgs/{actor.org}/key-policy"


def show(actor):
    return actor.http.get(path(actor)).get_json()["data"]


def change(actor, **body):
    return actor.http.patch(path(actor), json=body)


def test_it_is_shown_to_members_and_changed_by_owners_and_admins(cast):
    assert show(cast.vera) == UNSET
    changed = change(cast.adam, longest_expiry_days=90, scopes_by_role={"member": ["agent:r"]})
    assert (changed.status_code, changed.get_json()["data"]) == (200, show(cast.alice))
    wanted = UNSET | {"longest_expiry_days": 90}
    wanted["scopes_by_role"] = UNSET["scopes_by_role"] | {"member": ["agent:r"]}
    assert show(cast.vera) == wanted
    assert_problem(change(cast.bob, longest_expiry_days=None), 403, "FORBIDDEN")
    assert_problem(change(cast.charlie, longest_expiry_days=None), 404, "NOT_FOUND")


def test_what_is_left_out_stays_and_null_lifts(alice):
    change(alice, default_expiry_days=30, longest_expiry_days=90, scopes_by_role={"member": [], "admin": ["agent:r"]})
    assert change(alice).get_json()["data"] == show(alice)
    change(alice, default_expiry_days=None, scopes_by_role={"admin": None})
    assert show(alice)["scopes_by_role"] == {"owner": None, "admin": None, "member": []}
    assert (show(alice)["default_expiry_days"], show(alice)["longest_expiry_days"]) == (None, 90)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"longest_expiry_days": 30, "default_expiry_days": 31}, {"longest_expiry_days", "default_expiry_days"}),
        ({"longest_expiry_days": "30"}, {"longest_expiry_days"}),
        ({"expiry_required": None}, {"expiry_required"}),
        ({"scopes_by_role": {"viewer": ["agent:r"]}}, {"scopes_by_role.viewer"}),
        (
            {"scopes_by_role": {"member": ["keys:verify"], "owner": ["root"]}},
            {"scopes_by_role.member", "scopes_by_role.owner"},
        ),
        ({"longest": 30}, {"longest"}),
    ],
)
def test_every_wrong_field_is_named_and_nothing_changes(alice, body, fields):
    refused = change(alice, **body)
    assert_problem(refused, 422, "VALIDATION_FAILED")
    assert set(refused.get_json()["details"]["fields"]) == fields
    assert show(alice) == UNSET


def test_a_new_key_obeys_and_the_answer_tells_its_expiry(alice):
    change(alice, default_expiry_days=30, longest_expiry_days=90)
    assert alice.create_key()["expires_at"] == "2026-05-16T12:00:00Z"
    assert alice.create_key(expires_in_days=90)["expires_at"] == "2026-07-15T12:00:00Z"
    for body in ({"expires_in_days": 92}, {"expires_at": None}, {"expires_at": "2026-07-16T00:00:00Z"}):
        refused = alice.http.post(f"/v1/orgs/{alice.org}/keys", json={"name": "CI"} | body)
        assert_problem(refused, 422, "VALIDATION_FAILED")
        told = "at most 90 days from now; the organization’s policy"
        assert refused.get_json()["details"]["fields"] == {"expires_at": told}


def names(actor, query=""):
    return {key["name"] for key in actor.http.get(f"/v1/orgs/{actor.org}/keys{query}").get_json()["data"]}


def test_the_list_of_keys_can_show_those_outside(alice):
    alice.create_key(name="for ever")
    alice.create_key(name="soon", expires_in_days=9)
    assert names(alice, "?outside_policy=true") == set()
    change(alice, longest_expiry_days=90)
    assert names(alice, "?outside_policy=true") == {"for ever"}
    assert names(alice) == {"soon", "for ever"}
    assert names(alice, "?outside_policy=true&unused=true") == set()
