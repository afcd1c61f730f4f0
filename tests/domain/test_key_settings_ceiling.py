"""What counts as wider than an owner, an admin or the operator set it."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain import key_settings_ceiling
from app.domain.key_rate_limit import RateLimit
from app.domain.key_settings_ceiling import WiderThanSet
from app.domain.route_policy import parse_policy

SOON = datetime(2026, 12, 24, tzinfo=UTC)


@pytest.fixture(scope="module")
def policy():
    scopes = {
        "agent:rw": {"description": "All", "grants": ["agent:r", "cache:invalidate"]},
        "agent:r": {"description": "Read"},
        "cache:invalidate": {"description": "Empty the cache"},
        "notes:read": {"description": "Read notes"},
    }
    return parse_policy({"scopes": scopes, "default_scopes": ["agent:r"]})


@pytest.mark.parametrize(
    ("name", "bound", "within", "wider"),
    [
        ("scopes", ("agent:rw",), [("agent:rw",), ("agent:r",), ("cache:invalidate",)], [("agent:r", "notes:read")]),
        ("expires_at", SOON, [SOON, SOON - timedelta(days=1)], [SOON + timedelta(seconds=1), None]),
        (
            "networks",
            ("203.0.113.0/24", "2001:db8::/32"),
            [("203.0.113.7/32",), ("2001:db8:1::/48", "203.0.113.0/25")],
            [(), ("203.0.112.0/23",), ("203.0.113.7/32", "198.51.100.7/32"), ("::/0",)],
        ),
        (
            "rate_limit",
            RateLimit(100, 60),
            [RateLimit(100, 60), RateLimit(100, 61), RateLimit(50, 30), RateLimit(33, 20), RateLimit(1, 1)],
            [None, RateLimit(101, 60), RateLimit(101, 86_400), RateLimit(51, 59), RateLimit(2, 1)],
        ),
    ],
)
def test_a_setting_may_be_narrowed_and_not_widened(policy, name, bound, within, wider):
    for value in within:
        key_settings_ceiling.refuse_wider({name: value}, {name: bound}, policy)
    for value in wider:
        with pytest.raises(WiderThanSet) as refused:
            key_settings_ceiling.refuse_wider({name: value}, {name: bound}, policy)
        assert list(refused.value.details["fields"]) == [name]
        assert key_settings_ceiling.described(bound) in refused.value.detail


def test_all_settings_that_are_too_wide_are_named_at_once(policy):
    bounds = {"networks": ("203.0.113.0/24",), "rate_limit": RateLimit(5, 60), "expires_at": SOON}
    with pytest.raises(WiderThanSet) as refused:
        key_settings_ceiling.refuse_wider({"networks": (), "rate_limit": None, "expires_at": SOON}, bounds, policy)
    assert set(refused.value.details["fields"]) == {"networks", "rate_limit"}


def test_what_was_set_is_the_bound_and_no_limit_is_none():
    bounds = key_settings_ceiling.moved(
        {}, {"name": "CI", "networks": ("203.0.113.0/24",), "rate_limit": RateLimit(5, 60)}
    )
    assert bounds == {"networks": ("203.0.113.0/24",), "rate_limit": RateLimit(5, 60)}
    assert key_settings_ceiling.moved(bounds, {"networks": (), "rate_limit": RateLimit(9, 60)}) == {
        "rate_limit": RateLimit(9, 60)
    }
