"""What an organization allows its keys: how long they live, and which scopes each role gives them.

Not to be confused with `route_policy`, the deployment's catalogue of scopes and routes (`catalogue` here).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypedDict, cast

from app.domain import member_roles
from app.domain.errors import ValidationFailed
from app.domain.key_settings import MAX_DAYS, KeySettings, expiry_on
from app.domain.member_roles import Role
from app.domain.plural import counted
from app.domain.route_policy import Policy

#: The roles that create keys, so whose scopes can be limited.
LIMITED_ROLES: Final = (Role.OWNER, Role.ADMIN, Role.MEMBER)


class OutsideKeyPolicy(ValidationFailed):
    """What was asked for is outside of the organization's policy for its keys."""


@dataclass(frozen=True, slots=True)
class KeyPolicy:
    """Without anything: all that the deployment allows."""

    #: The life of a key for which nobody chooses an expiry, in days. None: it does not expire, unless it has to.
    default_expiry_days: int | None = None
    #: The longest life of a key, in days. None: as long as a key can live, or for ever.
    longest_expiry_days: int | None = None
    expiry_required: bool = False
    #: The scopes that a role may give to a key, and so those that they include. A role that is not in here gives what
    #: its permissions allow; no role ever gives more than that.
    scopes_by_role: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)

    @property
    def requires_expiry(self) -> bool:
        """A longest life requires an expiry, too: a key without one would live longer."""
        return self.expiry_required or self.longest_expiry_days is not None

    @property
    def most_days(self) -> int | None:
        """None: a key may live for ever."""
        return (self.longest_expiry_days or MAX_DAYS) if self.requires_expiry else None

    def longest_expiry(self, now: datetime) -> datetime | None:
        """The expiry of a key that lives as long as it may; None: never."""
        return _in_days(self.most_days, now)

    def last_moment(self, now: datetime) -> datetime | None:
        """Until when a key may live; None: for ever. The last day counts as a whole, in UTC, because people choose
        days."""
        longest = self.longest_expiry(now)
        return None if longest is None else expiry_on(longest.date())

    def allows_expiry(self, expires_at: datetime | None, now: datetime) -> bool:
        last = self.last_moment(now)
        return last is None or (expires_at is not None and expires_at <= last)

    def may_give(self, role: Role | None, scope: str, catalogue: Policy) -> bool:
        """Whether the policy lets this role give a key the scope. `role` None: the operator, whom it does not limit."""
        allowed = None if role is None else self.scopes_by_role.get(role)
        return allowed is None or catalogue.granted([scope]) <= catalogue.granted(allowed)

    def not_given_by(self, role: Role | None, catalogue: Policy) -> tuple[str, ...]:
        """The scopes of the catalogue that the policy does not let this role give."""
        return tuple(scope for scope in catalogue.scopes if not self.may_give(role, scope, catalogue))

    def completed(self, settings: KeySettings, role: Role | None, now: datetime, catalogue: Policy) -> KeySettings:
        """The settings of a new key. Without scopes: those of the default ones that the role may give, perhaps none.
        Without an expiry: the default one, or the longest if there has to be one."""
        scopes = tuple(scope for scope in catalogue.default_scopes if self.may_give(role, scope, catalogue))
        default = _in_days(self.default_expiry_days or self.most_days, now)
        return cast(KeySettings, {"scopes": scopes, "expires_at": default, **settings})

    def shortened(self, settings: KeySettings, now: datetime) -> KeySettings:
        """The settings of a key's successor: its expiry, or the longest one if that is earlier."""
        longest, expires_at = self.longest_expiry(now), settings["expires_at"]
        if longest is None or (expires_at is not None and expires_at <= longest):
            return settings
        return cast(KeySettings, {**settings, "expires_at": longest})


class KeyPolicyChange(TypedDict, total=False):
    """What is left out stays. In `scopes_by_role`, roles that are left out stay; None lifts the limit of a role."""

    default_expiry_days: int | None
    longest_expiry_days: int | None
    expiry_required: bool
    scopes_by_role: Mapping[Role, Sequence[str] | None]


def problems(
    policy: KeyPolicy, settings: KeySettings, role: Role | None, now: datetime, catalogue: Policy
) -> dict[str, str]:
    """Everything in `settings` that is outside of the policy, by field, each with the way out. Empty: nothing is.
    `role`: of whoever sets it; None: the operator."""
    found = {}
    if "expires_at" in settings and not policy.allows_expiry(settings["expires_at"], now):
        found["expires_at"] = _way_out(policy, settings["expires_at"])
    if "scopes" in settings and role is not None:
        refused = [scope for scope in settings["scopes"] if not policy.may_give(role, scope, catalogue)]
        allowed = ", ".join(policy.scopes_by_role.get(role, ())) or "none"
        if refused:
            found["scopes"] = (
                f"leave out {', '.join(refused)}; the organization’s policy lets your role ({role.value}) give:"
                f" {allowed}"
            )
        elif not settings["scopes"]:
            found["scopes"] = (
                f"name them: your role ({role.value}) may give none of the default scopes"
                f" ({', '.join(catalogue.default_scopes)}). The organization’s policy lets it give: {allowed}"
            )
    return found


def _way_out(policy: KeyPolicy, expires_at: datetime | None) -> str:
    if expires_at is None and policy.longest_expiry_days is None:
        return "choose when the key expires; the organization’s policy asks every key to"
    return f"at most {counted(policy.longest_expiry_days or MAX_DAYS, 'day')} from now; the organization’s policy"


def obeyed(
    policy: KeyPolicy, settings: KeySettings, role: Role | None, now: datetime, catalogue: Policy
) -> KeySettings:
    """The settings of a new key, completed. Raises `OutsideKeyPolicy`, which names every field that is outside."""
    completed = policy.completed(settings, role, now, catalogue)
    refuse_outside(policy, completed, role, now, catalogue)
    return completed


def refuse_outside(
    policy: KeyPolicy, settings: KeySettings, role: Role | None, now: datetime, catalogue: Policy
) -> None:
    """Raises `OutsideKeyPolicy`, which names every field that is outside."""
    if found := problems(policy, settings, role, now, catalogue):
        raise OutsideKeyPolicy(found)


def changed(policy: KeyPolicy, wanted: KeyPolicyChange, catalogue: Policy) -> KeyPolicy:
    """The policy with the change. Raises `ValidationFailed`, which names every field that is wrong, or that contradicts
    another one."""
    new = KeyPolicy(
        wanted.get("default_expiry_days", policy.default_expiry_days),
        wanted.get("longest_expiry_days", policy.longest_expiry_days),
        wanted.get("expiry_required", policy.expiry_required),
        _with_limits(policy.scopes_by_role, wanted.get("scopes_by_role", {})),
    )
    found = _wrong_days(new)
    for role, scopes in wanted.get("scopes_by_role", {}).items():
        if problem := _wrong_scopes(role, scopes or (), catalogue):
            found[f"scopes_by_role.{role.value}"] = problem
    if found:
        raise ValidationFailed(found)
    return new


def may_limit(setter: Role, role: Role) -> bool:
    """Whether an owner or admin may say which scopes `role` gives: admins not for themselves, nor for owners."""
    return setter is Role.OWNER or role is Role.MEMBER


def to_json(policy: KeyPolicy) -> dict[str, Any]:
    """As it is stored, answered and written into the audit log."""
    limits = {role: policy.scopes_by_role.get(role) for role in LIMITED_ROLES}
    return {
        "default_expiry_days": policy.default_expiry_days,
        "longest_expiry_days": policy.longest_expiry_days,
        "expiry_required": policy.expiry_required,
        "scopes_by_role": {role.value: None if scopes is None else list(scopes) for role, scopes in limits.items()},
    }


def from_json(stored: Mapping[str, Any]) -> KeyPolicy:
    limits = {Role(role): tuple(scopes) for role, scopes in stored["scopes_by_role"].items() if scopes is not None}
    return KeyPolicy(stored["default_expiry_days"], stored["longest_expiry_days"], stored["expiry_required"], limits)


def _in_days(days: int | None, now: datetime) -> datetime | None:
    return None if days is None else (now + timedelta(days=days)).replace(microsecond=0)


def _with_limits(
    limits: Mapping[Role, tuple[str, ...]], wanted: Mapping[Role, Sequence[str] | None]
) -> dict[Role, tuple[str, ...]]:
    merged: dict[Role, Sequence[str] | None] = {**limits, **wanted}
    return {role: tuple(dict.fromkeys(scopes)) for role, scopes in merged.items() if scopes is not None}


def _wrong_days(policy: KeyPolicy) -> dict[str, str]:
    default, longest = policy.default_expiry_days, policy.longest_expiry_days
    found = {
        name: f"must be from 1 to {MAX_DAYS} days"
        for name, days in (("default_expiry_days", default), ("longest_expiry_days", longest))
        if days is not None and not 1 <= days <= MAX_DAYS
    }
    if not found and default is not None and longest is not None and default > longest:
        found["default_expiry_days"] = f"must be at most the longest expiry ({counted(longest, 'day')})"
        found["longest_expiry_days"] = f"must be at least the default expiry ({counted(default, 'day')})"
    return found


def _wrong_scopes(role: Role, scopes: Sequence[str], catalogue: Policy) -> str | None:
    if role not in LIMITED_ROLES:
        return f"{role.with_article} creates no keys; leave it out"
    if unknown := [scope for scope in scopes if scope not in catalogue.scopes]:
        return f"unknown scope: {', '.join(unknown)}. Choose from: {', '.join(catalogue.scopes)}"
    never = [
        scope
        for scope in scopes
        if catalogue.is_operators_only(scope) or not member_roles.may_grant(role, catalogue.granted([scope]))
    ]
    return f"this role may never give a key {', '.join(never)}; leave it out" if never else None
