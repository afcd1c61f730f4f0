"""The form fields of a new or changed key: reading them, and turning them into `KeySettings`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from flask import request
from werkzeug.datastructures import MultiDict

from app.domain import member_roles
from app.domain.errors import ValidationFailed
from app.domain.key_rate_limit import RateLimit
from app.domain.key_settings import KeySettings, checked, expiry_in, expiry_on
from app.domain.member_roles import Permission
from app.domain.route_policy import Route, Scope
from app.http import request_context
from app.services import key_owners
from app.store.keys import ListedKey
from app.web import key_form_policy

#: The choice that leaves the expiry of an existing key as it is.
KEEP = "keep"
#: The choice of the day that the form names.
ON_DATE = "date"
#: The choices of the form without a policy.
EXPIRIES = {"30": "In 30 days", "90": "In 90 days", "365": "In one year", "": "Never", ON_DATE: "On a date"}


@dataclass(frozen=True, slots=True)
class KeyForm:
    name: str = ""
    scopes: Sequence[str] = ()
    expires: str = ""
    requests: str = ""
    seconds: str = ""
    #: One per line.
    networks: str = ""
    #: The last day, like 2027-01-31; counts with `ON_DATE` only.
    expires_on: str = ""
    #: The address of the member whom the key belongs to. Empty: the organization. None: not in the form.
    owner: str | None = None

    @property
    def has_limits(self) -> bool:
        return bool(self.requests or self.seconds or self.networks)

    @property
    def last_day(self) -> date | None:
        """None: `expires_on` is no date, which a date field cannot show."""
        try:
            return date.fromisoformat(self.expires_on)
        except ValueError:
            return None

    def with_network(self, network: str) -> "KeyForm":
        """The form with a network more, at the end of the list, unless it is in it."""
        listed = self._networks()
        return self if network in listed else replace(self, networks="\n".join([*listed, network]))

    def settings(self, expiries: dict[str, str]) -> KeySettings:
        """The settings that the form asks for. `expiries` are the choices that it offered; with `KEEP` the expiry is
        left out.

        Raises `ValidationFailed` naming every field that is wrong, and `UnknownScope`.
        """
        runtime = request_context.runtime()
        problems: dict[str, str] = {}
        found = KeySettings(name=self.name, scopes=self.scopes, networks=self._networks())
        try:
            found["rate_limit"] = self._rate_limit()
        except ValidationFailed as error:
            problems |= error.fields
        if self.expires not in expiries:
            problems["expires"] = "choose one of the options"
        elif self.expires != KEEP:
            try:
                found["expires_at"] = self._expires_at(runtime.clock())
            except ValidationFailed as error:
                problems |= error.fields
        try:
            return checked(found, runtime.clock(), runtime.settings.policy, problems)
        except ValidationFailed as error:
            # The form has no field of this name: only a date can be one that a key cannot have.
            raise ValidationFailed(
                {"expires_on" if name == "expires_at" else name: problem for name, problem in error.fields.items()}
            ) from None

    def _expires_at(self, now: datetime) -> datetime | None:
        """Raises `ValidationFailed` if there is no such date."""
        if self.expires == ON_DATE:
            if self.last_day is None:
                raise ValidationFailed({"expires_on": "enter a date, for example 2027-01-31"})
            return expiry_on(self.last_day)
        return expiry_in(int(self.expires), now) if self.expires else None

    def _rate_limit(self) -> RateLimit | None:
        """Raises `ValidationFailed` if one number is missing, and if one is not a whole number."""
        if not (self.requests or self.seconds):
            return None
        requests, seconds = _number(self.requests), _number(self.seconds)
        problems = {
            name: value
            for name, value in (("rate_limit.requests", requests), ("rate_limit.window_seconds", seconds))
            if isinstance(value, str)
        }
        if problems:
            raise ValidationFailed(problems)
        return RateLimit(int(requests), int(seconds))

    def _networks(self) -> list[str]:
        return [line.strip() for line in self.networks.splitlines() if line.strip()]


class Inclusion(NamedTuple):
    includes: list[str]
    included_in: list[str]


def unfilled() -> KeyForm:
    """The form of a new key. No scope is chosen beforehand: what a key may do is decided by a person."""
    return KeyForm(expires=key_form_policy.chosen_beforehand(key_form_policy.of_organization()))


def offered_expiries() -> dict[str, str]:
    """The choices that the organization's policy allows."""
    return key_form_policy.expiries(key_form_policy.of_organization()) | {ON_DATE: EXPIRIES[ON_DATE]}


def known_expiries() -> dict[str, str]:
    """The choices that a form can have offered: who sends one that the policy no longer allows is told why."""
    return EXPIRIES | offered_expiries()


def as_sent(form: MultiDict[str, str] | None = None) -> KeyForm:
    """The form in the request, or `form`."""
    form = request.form if form is None else form
    sent = {
        field: form.get(field, "").strip() for field in ("expires", "expires_on", "requests", "seconds", "networks")
    }
    return KeyForm(name=form.get("name", ""), scopes=form.getlist("scopes"), owner=form.get("owner"), **sent)


def as_it_is(listed: ListedKey, expires: str) -> KeyForm:
    """The form filled with the settings of a key. `expires` is the choice that keeps its expiry."""
    key = listed.key
    rate = key.rate_limit
    return KeyForm(
        name=key.name,
        scopes=key.scopes,
        expires=expires,
        requests=str(rate.requests) if rate else "",
        seconds=str(rate.window_seconds) if rate else "",
        networks="\n".join(key.networks),
        owner=listed.owner or "",
    )


def offered_scopes(held: Sequence[str] = ()) -> list[tuple[Scope, list[Route]]]:
    """The scopes that the member may grant and those that the key already has, each with the routes it allows."""
    role, policy = request_context.member().role, request_context.runtime().settings.policy
    known = [
        (scope, policy.routes_opened_by(scope.name))
        for scope in policy.scopes.values()
        if scope.name in held
        or (
            member_roles.may_grant(role, policy.granted([scope.name]))
            and not policy.is_operators_only(scope.name)
            and key_form_policy.may_give(scope.name)
        )
    ]
    gone: list[tuple[Scope, list[Route]]] = [
        (Scope(name, "No longer exists"), []) for name in held if name not in policy.scopes
    ]
    return known + gone


def held_scopes(listed: ListedKey) -> list[tuple[Scope, list[Route]]]:
    """The scopes of a key, each with the routes it allows."""
    held = listed.key.scopes
    return [(scope, routes) for scope, routes in offered_scopes(held) if scope.name in held]


def inclusions(offered: list[tuple[Scope, list[Route]]]) -> dict[str, Inclusion]:
    """For each of these scopes, which others of them it includes, and which include it."""
    policy, found = request_context.runtime().settings.policy, {scope.name: Inclusion([], []) for scope, _ in offered}
    for name, (includes, _) in found.items():
        for other in (policy.granted([name]) - {name}) & found.keys():
            includes.append(other)
            found[other].included_in.append(name)
    return found


def choice(value: str, offered: dict[str, str], field: str) -> int:
    """The number chosen. Raises `ValidationFailed` for a choice that was not offered."""
    if value not in offered:
        raise ValidationFailed({field: "choose one of the options"})
    return int(value)


def _number(text: str) -> int | str:
    """The number, or what is wrong."""
    if not text:
        return "is missing; a rate limit needs both requests and seconds"
    if not (text.isascii() and text.isdigit()):
        return "must be a whole number"
    return int(text[:20])


def owner_choices(listed: ListedKey | None = None) -> dict[str, str]:
    """Whom the key may belong to, by address, and what the form calls them; an empty address is the organization.
    Empty for a member who may not decide it. A new key (None) is the organization's or the member's own."""
    member = request_context.member()
    if not member_roles.allows(member.role, Permission.MANAGE_ALL_KEYS):
        return {}
    found = {member.email: "You", "": f"The organization ({member.org_name})"}
    if listed is not None:
        others = [owner.email for owner in key_owners.possible_owners(member)] + [listed.owner]
        found |= {email: email for email in others if email and email != member.email}
    return found
