"""The settings of a key: checked together, so that whoever sends them learns everything that is wrong at once."""

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.errors import UnknownScope, ValidationFailed
from app.domain.identity_headers import identity_headers
from app.domain.key_rate_limit import RateLimit
from app.domain.key_settings import KeySettings, checked, expiry_in, expiry_on
from app.domain.key_verification import KeyRecord
from app.domain.route_policy import MAX_SCOPES_LENGTH, PolicyError, parse_policy

POLICY = parse_policy(tomllib.loads((Path(__file__).parents[2] / "app" / "route_policy.toml").read_text()))
NOW = datetime(2026, 4, 16, 12, tzinfo=UTC)
WRONG = {
    "name": " ",
    "scopes": [],
    "expires_at": NOW,
    "networks": ["here"],
    "rate_limit": RateLimit(0, 0),
}


def test_every_setting_can_be_wrong_here():
    assert WRONG.keys() == KeySettings.__annotations__.keys()


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(ValidationFailed) as refused:
        checked(WRONG, NOW, POLICY, {"expires_in_days": "is wrong, too"})
    assert set(refused.value.fields) == {
        *("expires_in_days", "name", "scopes", "expires_at", "networks"),
        *("rate_limit.requests", "rate_limit.window_seconds"),
    }


def test_an_unknown_scope_has_a_code_of_its_own_unless_something_else_is_wrong_too():
    with pytest.raises(UnknownScope):
        checked(KeySettings(name="CI", scopes=["root"]), NOW, POLICY)
    with pytest.raises(ValidationFailed) as refused:
        checked(KeySettings(name="", scopes=["root"]), NOW, POLICY)
    assert set(refused.value.fields) == {"name", "scopes"}


def test_what_is_absent_stays_absent_and_the_rest_is_kept_in_one_spelling():
    assert checked(KeySettings(), NOW, POLICY) == {}
    assert checked(
        KeySettings(name=" CI ", scopes=["agent:r", "agent:r"], networks=["203.0.113.7", "203.0.113.7/32"]), NOW, POLICY
    ) == {"name": "CI", "scopes": ("agent:r",), "networks": ("203.0.113.7/32",)}


def test_the_identity_headers_of_a_key_fit_into_four_kibibytes():
    scopes = [f"resource-{number:03}:read" for number in range(200)]
    table = {name: {"description": name} for name in scopes}
    policy = parse_policy({"scopes": table, "default_scopes": scopes[:1]})
    most = next(n for n in range(200) if len(" ".join(scopes[: n + 1])) > MAX_SCOPES_LENGTH)
    kept = checked(KeySettings(name="\N{GRINNING FACE}" * 100, scopes=scopes[:most] * 2), NOW, policy)
    record = KeyRecord(
        "key_" + "x" * 22, "org_" + "x" * 22, "Org", kept["name"], kept["scopes"], frozenset(), *[None] * 2, False
    )
    headers = identity_headers(record)
    assert 3000 < sum(len(f"{name}: {value}\r\n") for name, value in headers) < 3500
    with pytest.raises(ValidationFailed) as refused:
        checked(KeySettings(scopes=scopes[: most + 1]), NOW, policy)
    assert list(refused.value.fields) == ["scopes"]
    with pytest.raises(PolicyError, match="default_scopes"):
        parse_policy({"scopes": table, "default_scopes": scopes})


@pytest.mark.parametrize("days", [0, -1, 3651])
def test_days_have_bounds(days):
    with pytest.raises(ValidationFailed) as refused:
        expiry_in(days, NOW)
    assert list(refused.value.fields) == ["expires_in_days"]


def test_days_are_counted_from_now():
    assert expiry_in(30, NOW) == NOW + timedelta(days=30)


def test_a_day_ends_with_its_last_second_in_utc():
    assert expiry_on(date(2026, 12, 31)) == datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
