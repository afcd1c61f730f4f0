"""What the maker of a key is told that others did to it."""

import pytest

from app.config.route_policy_file import load
from app.domain import notable_key_changes

LIMIT, HIGHER = ({"requests": requests, "window_seconds": 60} for requests in (10, 20))


@pytest.fixture
def policy():
    return load(None)


@pytest.mark.parametrize(
    ("setting", "old", "new", "gained"),
    [
        ("scopes", ["agent:r"], ["agent:r", "cache:invalidate"], "more scopes"),
        ("scopes", ["agent:r"], ["agent:rw"], "more scopes"),
        ("scopes", ["agent:rw"], ["agent:r"], ""),
        ("scopes", ["agent:r", "cache:invalidate"], ["cache:invalidate"], ""),
        ("expires_at", "2026-04-16T12:00:00Z", "2026-04-16T12:00:01Z", "a later expiry"),
        ("expires_at", "2026-04-16T12:00:00Z", None, "a later expiry"),
        ("expires_at", "2026-04-16T12:00:00Z", "2026-04-16T11:00:00Z", ""),
        ("expires_at", None, "2026-04-16T12:00:00Z", ""),
        ("networks", ["203.0.113.0/24"], ["203.0.113.0/24", "198.51.100.7/32"], "more networks"),
        ("networks", ["203.0.113.0/24"], [], "more networks"),
        ("networks", ["203.0.113.0/24"], ["203.0.113.7/32"], ""),
        ("networks", [], ["203.0.113.7/32"], ""),
        ("rate_limit", LIMIT, HIGHER, "a higher rate limit"),
        ("rate_limit", LIMIT, None, "a higher rate limit"),
        ("rate_limit", HIGHER, LIMIT, ""),
        ("rate_limit", None, LIMIT, ""),
        ("name", "CI", "CD", ""),
    ],
)
def test_what_allows_a_key_more_is_a_gain_and_nothing_else_is(policy, setting, old, new, gained):
    assert notable_key_changes.gains({setting: {"old": old, "new": new}}, policy) == gained


def test_several_are_one_sentence(policy):
    changes = {
        "rate_limit": {"old": LIMIT, "new": None},
        "networks": {"old": ["203.0.113.0/24"], "new": []},
        "scopes": {"old": ["agent:r"], "new": ["agent:rw"]},
    }
    assert notable_key_changes.gains(changes, policy) == "more scopes, more networks and a higher rate limit"
    del changes["rate_limit"]
    assert notable_key_changes.gains(changes, policy) == "more scopes and more networks"
    assert notable_key_changes.gains({}, policy) == ""
