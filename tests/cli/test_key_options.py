"""The options for a key's settings."""

from datetime import UTC, datetime, timedelta

import pytest

from app.cli.key_options import Rate, settings_from
from app.domain.errors import ValidationFailed
from app.domain.key_rate_limit import RateLimit


def test_a_rate_is_requests_and_seconds():
    assert Rate().convert("100/60", None, None) == RateLimit(100, 60)


NOTHING = {"name": None, "scopes": (), "rate": None, "networks": (), "expires_in_days": None}
NOW = datetime(2026, 4, 16, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ({}, {}),
        ({"name": "CI", "scopes": ("agent:r",)}, {"name": "CI", "scopes": ("agent:r",)}),
        ({"name": ""}, {"name": ""}),
        ({"rate": RateLimit(100, 60), "no_rate": False}, {"rate_limit": RateLimit(100, 60)}),
        ({"no_rate": True}, {"rate_limit": None}),
        ({"networks": ("::1",), "any_network": False}, {"networks": ("::1",)}),
        ({"any_network": True}, {"networks": ()}),
        ({"expires_in_days": 30}, {"expires_at": NOW + timedelta(days=30)}),
        ({"never_expires": True}, {"expires_at": None}),
    ],
)
def test_only_what_an_option_says_is_a_setting(options, settings):
    assert settings_from(NOTHING | options, NOW) == settings


def test_days_out_of_bounds_are_refused():
    for days in (0, 3651):
        with pytest.raises(ValidationFailed):
            settings_from(NOTHING | {"expires_in_days": days}, NOW)
