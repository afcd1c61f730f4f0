"""How far a member may change a key of their own: no further than an owner, an admin or the operator set it."""

from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_network
from typing import Any, Final, cast

from app.domain.errors import Forbidden
from app.domain.key_rate_limit import RateLimit
from app.domain.key_settings import KeySettings
from app.domain.rfc3339 import rfc3339
from app.domain.route_policy import Policy


class WiderThanSet(Forbidden):
    """`details.fields` maps the name of each setting to what it was set to."""

    message = "An owner or admin set limits on this key that you cannot lift. Ask them."

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields = fields
        sentence = "; ".join(f"{name}: {problem}" for name, problem in fields.items())
        super().__init__(sentence, fields=fields)


def refuse_wider(wanted: KeySettings, bounds: KeySettings, policy: Policy) -> None:
    """Raises `WiderThanSet`, which names every setting that would allow the key more than its bounds do."""
    wider = {
        name: f"an owner or admin set this to {described(bound)}, and only they can allow more. You can narrow it"
        for name, bound in bounds.items()
        if name in wanted and not _IS_WITHIN[name](cast(dict[str, Any], wanted)[name], bound, policy)
    }
    if wider:
        raise WiderThanSet(wider)


def widened(old: KeySettings, new: KeySettings, policy: Policy) -> list[str]:
    """The names of the settings that allow a key more than they did. Both hold the same settings."""
    was, becomes = cast(dict[str, Any], old), cast(dict[str, Any], new)
    return [
        name
        for name, is_within in _IS_WITHIN.items()
        # Nothing is wider than no limit.
        if name in becomes and was[name] and not is_within(becomes[name], was[name], policy)
    ]


def moved(bounds: KeySettings, new: KeySettings) -> KeySettings:
    """The bounds after an owner, an admin or the operator set `new`. What they set to no limit is no bound."""
    settings = cast(dict[str, Any], bounds | new)
    return cast(KeySettings, {name: value for name, value in settings.items() if name in _IS_WITHIN and value})


def described(bound: Any) -> str:
    """A bound as a part of a sentence."""
    if isinstance(bound, datetime):
        return rfc3339(bound)
    if isinstance(bound, RateLimit):
        return f"{bound.requests} requests in {bound.window_seconds} seconds"
    return ", ".join(bound)


def _is_slower(limit: RateLimit | None, bound: RateLimit) -> bool:
    """Whether `limit` lets no more requests through in any window of `bound` than `bound` does."""
    if limit is None:
        return False
    windows = -(-bound.window_seconds // limit.window_seconds)
    return limit.requests * windows <= bound.requests


def _are_inside(networks: tuple[str, ...], bound: tuple[str, ...]) -> bool:
    outer = [ip_network(text) for text in bound]
    inner = [ip_network(text) for text in networks]
    return bool(inner) and all(any(_is_inside(one, other) for other in outer) for one in inner)


def _is_inside(one: Any, other: Any) -> bool:
    return one.version == other.version and bool(one.subnet_of(other))


#: One line for each setting that can have a bound.
_IS_WITHIN: Final[dict[str, Callable[[Any, Any, Policy], bool]]] = {
    "scopes": lambda scopes, bound, policy: policy.granted(scopes) <= policy.granted(bound),
    "expires_at": lambda at, bound, _policy: at is not None and at <= bound,
    "networks": lambda networks, bound, _policy: _are_inside(networks, bound),
    "rate_limit": lambda limit, bound, _policy: _is_slower(limit, bound),
}
