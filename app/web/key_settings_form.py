"""The form of a key, new or changed: its fields as they were typed, and what they mean."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request

from app.domain import roles
from app.domain.errors import DomainError, ValidationFailed
from app.domain.key_rate_limit import RateLimit
from app.domain.policy import Route, Scope
from app.http import context
from app.store.keys import ListedKey

#: What the form offers; the API takes any date.
EXPIRIES = {"30": "In 30 days", "90": "In 90 days", "365": "In one year", "": "Never"}


@dataclass(frozen=True, slots=True)
class KeyForm:
    name: str = ""
    scopes: Sequence[str] = ()
    expires: str = ""
    requests: str = ""
    seconds: str = ""
    #: One a line.
    networks: str = ""

    @property
    def has_limits(self) -> bool:
        return bool(self.requests or self.seconds or self.networks)

    def rate_limit(self) -> RateLimit | None:
        """Raises `ValidationFailed` for one number without the other, and for what is no number."""
        if not (self.requests or self.seconds):
            return None
        return RateLimit(
            _number(self.requests, "rate_limit.requests"), _number(self.seconds, "rate_limit.window_seconds")
        )

    def network_list(self) -> list[str]:
        return [line.strip() for line in self.networks.splitlines() if line.strip()]


def as_sent() -> KeyForm:
    sent = {field: request.form.get(field, "").strip() for field in ("expires", "requests", "seconds", "networks")}
    return KeyForm(name=request.form.get("name", ""), scopes=request.form.getlist("scopes"), **sent)


def as_it_is(listed: ListedKey, expires: str) -> KeyForm:
    """The settings that a key has. `expires` is the choice that keeps its expiry."""
    key = listed.key
    rate = key.rate_limit
    return KeyForm(
        name=key.name,
        scopes=key.scopes,
        expires=expires,
        requests=str(rate.requests) if rate else "",
        seconds=str(rate.window_seconds) if rate else "",
        networks="\n".join(key.networks),
    )


def offered_scopes(held: Sequence[str] = ()) -> list[tuple[Scope, list[Route]]]:
    """Those that the member may give, with the routes that each opens, and those that the key has already."""
    role, policy = context.member().role, context.runtime().settings.policy
    known = [
        (scope, policy.routes_opened_by(scope.name))
        for scope in policy.scopes.values()
        if scope.name in held or roles.may_grant(role, scope.name)
    ]
    gone: list[tuple[Scope, list[Route]]] = [
        (Scope(name, "No longer exists"), []) for name in held if name not in policy.scopes
    ]
    return known + gone


def problems_of(error: DomainError) -> dict[str, str]:
    """What is wrong, by the id of the field."""
    if isinstance(error, ValidationFailed):
        return dict(error.details["fields"])
    return {"scopes": error.detail}


def choice(value: str, offered: dict[str, str], field: str) -> int | None:
    """Raises `ValidationFailed` for an answer that was not offered."""
    if value not in offered:
        raise ValidationFailed({field: "choose one of the offered answers"})
    return int(value) if value else None


def _number(text: str, field: str) -> int:
    if not text:
        raise ValidationFailed({field: "is missing; a limit needs requests and seconds"})
    if not (text.isascii() and text.isdigit()):
        raise ValidationFailed({field: "must be a whole number"})
    return int(text[:20])
