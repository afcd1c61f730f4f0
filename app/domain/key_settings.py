"""The settings of a key: what is set when it is created, and can be changed later."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, TypedDict, cast

from app.domain import key_networks, key_rate_limit, name_rules
from app.domain.errors import UnknownScope, ValidationFailed
from app.domain.key_rate_limit import RateLimit
from app.domain.route_policy import Policy

MAX_DAYS = 3650


class KeySettings(TypedDict, total=False):
    """The names are those of the key's columns. Settings that are left out keep their value; in a new key they have
    their default."""

    name: str
    #: Default: the default scopes of the catalogue that the organization's policy lets the role give.
    scopes: Sequence[str]
    #: None: the key does not expire. Default: what the organization's policy says, or None.
    expires_at: datetime | None
    #: CIDR. Empty, the default: the key can be used from anywhere.
    networks: Sequence[str]
    #: None, the default: no limit.
    rate_limit: RateLimit | None


def checked(
    settings: KeySettings, now: datetime, policy: Policy, problems: Mapping[str, str] | None = None
) -> KeySettings:
    """The settings as they are stored. `problems`: what was already found wrong with the request, by field.

    Raises `ValidationFailed` naming every invalid field, or `UnknownScope` if unknown scopes are the only problem.
    """
    kept: dict[str, Any] = {}
    problems = dict(problems or {})
    unknown: UnknownScope | None = None
    for name, value in settings.items():
        try:
            kept[name] = _CHECKS[name](value, now, policy)
        except ValidationFailed as error:
            problems |= error.fields
        except UnknownScope as error:
            unknown = error
    if unknown and not problems:
        raise unknown
    if unknown:
        problems["scopes"] = unknown.detail
    if problems:
        raise ValidationFailed(problems)
    return cast(KeySettings, kept)


def expiry_in(days: int, now: datetime) -> datetime:
    """The expiry of a key that is valid for `days` days. Raises `ValidationFailed` naming `expires_in_days`."""
    if not 1 <= days <= MAX_DAYS:
        raise ValidationFailed({"expires_in_days": f"must be from 1 to {MAX_DAYS} days"})
    return (now + timedelta(days=days)).replace(microsecond=0)


def expiry_on(day: date) -> datetime:
    """The expiry of a key that is valid until the end of a day in UTC: its last second."""
    return datetime.combine(day, time(23, 59, 59), UTC)


def _expiry(expires_at: datetime | None, now: datetime) -> datetime | None:
    if expires_at is None:
        return None
    expires_at = expires_at.replace(microsecond=0)
    if expires_at <= now:
        raise ValidationFailed({"expires_at": "must be in the future"})
    if expires_at > now + timedelta(days=MAX_DAYS + 1):
        raise ValidationFailed({"expires_at": f"must be at most {MAX_DAYS} days from now"})
    return expires_at


def _scopes(scopes: Sequence[str], policy: Policy) -> tuple[str, ...]:
    if not scopes:
        raise ValidationFailed({"scopes": f"choose at least one of: {', '.join(policy.scopes)}"})
    policy.check_known(scopes)
    return tuple(dict.fromkeys(scopes))


#: One line for each setting.
_CHECKS: Final[dict[str, Callable[[Any, datetime, Policy], Any]]] = {
    "name": lambda name, _now, _policy: name_rules.cleaned(name),
    "scopes": lambda scopes, _now, policy: _scopes(scopes, policy),
    "expires_at": lambda expires_at, now, _policy: _expiry(expires_at, now),
    "networks": lambda texts, _now, _policy: key_networks.parse(texts),
    "rate_limit": lambda limit, _now, _policy: key_rate_limit.checked(limit),
}
