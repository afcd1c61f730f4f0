"""The options for a key's settings."""

from app.cli.key_options import Rate
from app.domain.key_rate_limit import RateLimit


def test_a_rate_is_requests_and_seconds():
    assert Rate().convert("100/60", None, None) == RateLimit(100, 60)
