"""What was changed in an organization's policy for its keys, in words, for the audit log."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class PolicyChange(NamedTuple):
    """A part of the policy, and what it was and became, in words."""

    part: str
    old: str
    new: str

    @property
    def from_to(self) -> str:
        return f"from {self.old} to {self.new}"


def _days(number: int | None) -> str:
    return "none" if number is None else f"{number:,} day{'' if number == 1 else 's'}"


def _yes_or_no(value: bool) -> str:
    return "yes" if value else "no"


_PARTS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "longest_expiry_days": ("longest expiry", _days),
    "default_expiry_days": ("default expiry", _days),
    "expiry_required": ("every key has to expire", _yes_or_no),
}


def in_words(changes: Mapping[str, Mapping[str, Any]]) -> list[PolicyChange]:
    """`changes`: those of an entry `key_policy.changed`, of which each has `old` and `new`."""
    found = [
        PolicyChange(part, words(changes[name]["old"]), words(changes[name]["new"]))
        for name, (part, words) in _PARTS.items()
        if name in changes
    ]
    scopes = changes.get("scopes_by_role", {"old": {}, "new": {}})
    was, becomes = scopes["old"], scopes["new"]
    return found + [
        PolicyChange(f"scopes that {role}s may give", _scopes(was.get(role)), _scopes(becomes.get(role)))
        for role in {**was, **becomes}
        if was.get(role) != becomes.get(role)
    ]


def _scopes(scopes: list[str] | None) -> str:
    """None: the policy does not limit them."""
    return "all" if scopes is None else ", ".join(scopes) or "none"
