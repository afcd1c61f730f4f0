"""The rate limit of a key: its bounds, and what callers are told of it."""

import pytest

from app.domain.errors import ValidationFailed
from app.domain.key_rate_limit import MAX_REQUESTS, MAX_WINDOW_SECONDS, RateLimit, RateState, checked


def test_both_bounds_are_allowed_and_no_limit_is_none():
    for limit in (RateLimit(1, 1), RateLimit(MAX_REQUESTS, MAX_WINDOW_SECONDS), None):
        assert checked(limit) == limit


@pytest.mark.parametrize(
    ("limit", "fields"),
    [
        (RateLimit(0, 60), {"rate_limit.requests"}),
        (RateLimit(MAX_REQUESTS + 1, 60), {"rate_limit.requests"}),
        (RateLimit(1, 0), {"rate_limit.window_seconds"}),
        (RateLimit(1, MAX_WINDOW_SECONDS + 1), {"rate_limit.window_seconds"}),
        (RateLimit(-1, -1), {"rate_limit.requests", "rate_limit.window_seconds"}),
    ],
)
def test_what_is_out_of_bounds_is_refused_by_field(limit, fields):
    with pytest.raises(ValidationFailed) as refused:
        checked(limit)
    assert set(refused.value.fields) == fields


def test_the_headers_say_the_limit_and_what_is_left():
    assert RateState(RateLimit(100, 60), remaining=7, reset_seconds=12).headers() == [
        ("RateLimit-Policy", '"default";q=100;w=60'),
        ("RateLimit", '"default";r=7;t=12'),
    ]
