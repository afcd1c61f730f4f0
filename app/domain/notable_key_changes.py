"""Which changes to a key its owner is told, if somebody else made them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from app.domain import key_settings_ceiling
from app.domain.key_rate_limit import RateLimit
from app.domain.key_settings import KeySettings
from app.domain.route_policy import Policy

#: Who did what Keydesk does by itself, in the audit log.
BY_ITSELF = "keydesk"
#: Actions of the audit log, and what mails call them. Of changes those are told that allow the key more.
TOLD = {
    "key.created": "made",
    "key.revoked": "revoked",
    "key.revoke_undone": "restored",
    "key.suspended": "suspended",
    "key.resumed": "resumed",
    "key.rotated": "rotated",
    "key.changed": "widened",
}
_GAINS = {
    "scopes": "more scopes",
    "expires_at": "a later expiry",
    "networks": "more networks",
    "rate_limit": "a higher rate limit",
}


def gains(changes: Mapping[str, Mapping[str, Any]], policy: Policy) -> str:
    """What a key gained by a change, as a part of a sentence; empty: nothing. `changes` are those of an audit entry:
    the `old` and `new` value of each setting, as JSON."""
    settings = {name: change for name, change in changes.items() if name in _GAINS}
    old, new = (
        cast(KeySettings, {name: _parsed(name, change[side]) for name, change in settings.items()})
        for side in ("old", "new")
    )
    *first, last = [_GAINS[name] for name in key_settings_ceiling.widened(old, new, policy)] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _parsed(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "expires_at":
        return datetime.fromisoformat(value)
    return RateLimit(**value) if name == "rate_limit" else tuple(value)
