"""What an organization's policy makes of the settings of a key, and which policies there can be."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.domain import key_policy
from app.domain.errors import ValidationFailed
from app.domain.key_policy import KeyPolicy, OutsideKeyPolicy
from app.domain.key_settings import MAX_DAYS, KeySettings
from app.domain.member_roles import Role
from app.domain.route_policy import parse_policy

NOW = datetime(2026, 4, 16, 12, 0, 0, 7, tzinfo=UTC)
NONE = KeyPolicy()
STRICT = KeyPolicy(30, 90, True, {Role.MEMBER: ("agent:rw",)})


@pytest.fixture(scope="module")
def catalogue():
    scopes = {
        "agent:rw": {"description": "All", "grants": ["agent:r"]},
        "agent:r": {"description": "Read"},
        "notes:read": {"description": "Read notes"},
        "keys:verify": {"description": "Verify"},
        "root": {"description": "Everything", "operators_only": True},
    }
    return parse_policy({"scopes": scopes, "default_scopes": ["agent:rw", "notes:read"]})


def in_days(days, **more):
    return (NOW + timedelta(days=days, **more)).replace(microsecond=0)


def obeyed(policy, catalogue, role=Role.MEMBER, **settings):
    return key_policy.obeyed(policy, KeySettings(**settings), role, NOW, catalogue)


def test_without_a_policy_everything_is_as_it_was(catalogue):
    for role in (*Role, None):
        assert obeyed(NONE, catalogue, role) == {"scopes": ("agent:rw", "notes:read"), "expires_at": None}
    asked = {"scopes": ("keys:verify",), "expires_at": in_days(MAX_DAYS), "name": "CI"}
    assert obeyed(NONE, catalogue, **asked) == asked


@pytest.mark.parametrize(
    ("policy", "days"),
    [
        (KeyPolicy(), None),
        (KeyPolicy(default_expiry_days=30), 30),
        (KeyPolicy(default_expiry_days=30, longest_expiry_days=90), 30),
        (KeyPolicy(longest_expiry_days=90), 90),
        (KeyPolicy(expiry_required=True, longest_expiry_days=90), 90),
        (KeyPolicy(expiry_required=True), MAX_DAYS),
    ],
)
def test_a_key_without_an_expiry_gets_the_default_one_or_the_longest_if_there_has_to_be_one(catalogue, policy, days):
    assert obeyed(policy, catalogue)["expires_at"] == (in_days(days) if days else None)


@pytest.mark.parametrize(
    ("policy", "way_out"),
    [
        (KeyPolicy(longest_expiry_days=90), "at most 90 days from now; the organization’s policy"),
        (KeyPolicy(expiry_required=True), "choose when the key expires; the organization’s policy asks every key to"),
    ],
)
def test_never_is_longer_than_any_longest_life(catalogue, policy, way_out):
    with pytest.raises(OutsideKeyPolicy) as refused:
        obeyed(policy, catalogue, expires_at=None)
    assert refused.value.fields == {"expires_at": way_out}
    assert obeyed(KeyPolicy(default_expiry_days=30), catalogue, expires_at=None)["expires_at"] is None


def test_the_last_day_counts_as_a_whole(catalogue):
    policy = KeyPolicy(longest_expiry_days=90)
    last = datetime(2026, 7, 15, 23, 59, 59, tzinfo=UTC)
    assert obeyed(policy, catalogue, expires_at=last)["expires_at"] == last
    with pytest.raises(OutsideKeyPolicy):
        obeyed(policy, catalogue, expires_at=last + timedelta(seconds=1))


def test_a_role_gives_what_is_listed_and_what_that_includes(catalogue):
    for scopes in (("agent:rw",), ("agent:r",), ("agent:r", "agent:rw"), ("no longer there",)):
        assert obeyed(STRICT, catalogue, scopes=scopes)["scopes"] == scopes
    with pytest.raises(OutsideKeyPolicy, match=r"leave out notes:read; .* your role \(member\) give: agent:rw"):
        obeyed(STRICT, catalogue, scopes=("agent:r", "notes:read"))
    with pytest.raises(OutsideKeyPolicy):
        obeyed(KeyPolicy(scopes_by_role={Role.MEMBER: ("agent:r",)}), catalogue, scopes=("agent:rw",))
    for role in (Role.OWNER, Role.ADMIN, None):
        assert obeyed(STRICT, catalogue, role, scopes=("notes:read",))["scopes"] == ("notes:read",)
    assert STRICT.not_given_by(Role.MEMBER, catalogue) == ("notes:read", "keys:verify", "root")
    assert STRICT.not_given_by(Role.ADMIN, catalogue) == ()


def test_absent_scopes_are_those_default_ones_that_the_role_may_give(catalogue):
    assert obeyed(STRICT, catalogue)["scopes"] == ("agent:rw",)
    none_left = KeyPolicy(scopes_by_role={Role.MEMBER: ("keys:verify",), Role.ADMIN: ()})
    with pytest.raises(
        OutsideKeyPolicy, match=r"scopes: name them: .* none of the default scopes .* give: keys:verify"
    ):
        obeyed(none_left, catalogue)
    with pytest.raises(OutsideKeyPolicy, match="give: none"):
        obeyed(none_left, catalogue, Role.ADMIN)


def test_all_problems_are_named_at_once(catalogue):
    with pytest.raises(OutsideKeyPolicy) as refused:
        obeyed(STRICT, catalogue, scopes=("notes:read",), expires_at=in_days(91))
    assert set(refused.value.fields) == {"scopes", "expires_at"}
    assert refused.value.error_code == "VALIDATION_FAILED"


@pytest.mark.parametrize(
    ("expires_at", "successors"), [(None, 90), (in_days(365), 90), (in_days(90), 90), (in_days(20), 20)]
)
def test_a_successor_has_the_earlier_of_the_old_expiry_and_the_longest(expires_at, successors):
    old = KeySettings(name="CI", expires_at=expires_at)
    assert STRICT.shortened(old, NOW) == {"name": "CI", "expires_at": in_days(successors)}
    assert NONE.shortened(old, NOW) == old


def test_a_change_keeps_what_it_does_not_name(catalogue):
    changed = key_policy.changed(STRICT, {"longest_expiry_days": 60}, catalogue)
    assert changed == KeyPolicy(30, 60, True, {Role.MEMBER: ("agent:rw",)})
    changed = key_policy.changed(STRICT, {"scopes_by_role": {Role.ADMIN: ["agent:r", "agent:r"]}}, catalogue)
    assert changed.scopes_by_role == {Role.MEMBER: ("agent:rw",), Role.ADMIN: ("agent:r",)}
    lifted = {"default_expiry_days": None, "longest_expiry_days": None, "expiry_required": False}
    assert key_policy.changed(STRICT, {**lifted, "scopes_by_role": {Role.MEMBER: None}}, catalogue) == NONE


def test_scopes_that_the_deployment_no_longer_has_hinder_no_other_change(catalogue):
    old = KeyPolicy(scopes_by_role={Role.MEMBER: ("gone",)})
    assert key_policy.changed(old, {"longest_expiry_days": 60}, catalogue).longest_expiry_days == 60


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        ({"default_expiry_days": 0}, {"default_expiry_days"}),
        ({"longest_expiry_days": MAX_DAYS + 1}, {"longest_expiry_days"}),
        ({"default_expiry_days": 0, "longest_expiry_days": -1}, {"default_expiry_days", "longest_expiry_days"}),
        # Below the default one of the policy.
        ({"longest_expiry_days": 29}, {"default_expiry_days", "longest_expiry_days"}),
        ({"default_expiry_days": 91}, {"default_expiry_days", "longest_expiry_days"}),
        ({"scopes_by_role": {Role.VIEWER: ["agent:r"]}}, {"scopes_by_role.viewer"}),
        ({"scopes_by_role": {Role.MEMBER: ["keys:verify"]}}, {"scopes_by_role.member"}),
        (
            {"scopes_by_role": {Role.OWNER: ["root"], Role.ADMIN: ["unknown"]}, "default_expiry_days": 0},
            {"scopes_by_role.owner", "scopes_by_role.admin", "default_expiry_days"},
        ),
    ],
)
def test_what_cannot_be_and_what_contradicts_itself_is_refused_by_name(catalogue, wanted, fields):
    with pytest.raises(ValidationFailed) as refused:
        key_policy.changed(STRICT, wanted, catalogue)
    assert set(refused.value.fields) == fields


def test_admins_limit_members_and_owners_limit_everybody():
    assert {
        (setter, role) for setter in (Role.OWNER, Role.ADMIN) for role in Role if key_policy.may_limit(setter, role)
    } == {
        *((Role.OWNER, role) for role in Role),
        (Role.ADMIN, Role.MEMBER),
    }


@pytest.mark.parametrize("policy", [NONE, STRICT, KeyPolicy(scopes_by_role={Role.OWNER: ()})])
def test_a_policy_comes_back_from_json_as_it_was(policy):
    assert key_policy.from_json(json.loads(json.dumps(key_policy.to_json(policy)))) == policy
