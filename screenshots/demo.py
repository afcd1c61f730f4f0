"""A month of an invented organization, made by the services as if it happened. It is the same each time: the clock and
what is random are its own, so that a picture changes only if its page does."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from unittest.mock import patch

from flask import Flask

from app.domain.key_origin import KeyOrigin
from app.domain.key_rate_limit import RateLimit
from app.domain.key_settings import KeySettings
from app.domain.member_roles import Permission, Role
from app.services import (
    credits,
    device_grants,
    key_rotation,
    key_verification,
    keys,
    operator_keys,
    operator_members,
    operator_organizations,
    organizations,
    sessions,
    usage,
)
from app.services.keys import IssuedKey
from app.services.organizations import Member
from app.services.runtime import Runtime
from app.store import people
from app.store.transaction import transaction

#: What the story calls the key that replaces another of the same name.
_SUCCESSOR = "its successor"
#: When the pictures are taken.
NOW = datetime(2026, 11, 24, 10, 42, tzinfo=UTC)
_DAYS = 30
OWNER = "ann@acme.example"
_MEMBERS = {
    OWNER: Role.OWNER,
    "ben@acme.example": Role.ADMIN,
    "carla@acme.example": Role.MEMBER,
    "dora@acme.example": Role.MEMBER,
    "emil@acme.example": Role.VIEWER,
}
_FIREFOX = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:144.0) Gecko/20100101 Firefox/144.0"
_SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6"
    " Mobile/15E148 Safari/604.1"
)


@dataclass(frozen=True)
class Plan:
    """A key as it is made and used. `created`: days ago. `expires`: in so many days. `hourly`, `refused`: requests by
    hour that are let through, and that are refused because they need `beyond`. `last`: minutes since the last one."""

    name: str
    scopes: tuple[str, ...]
    created: float
    by: str = OWNER
    expires: float | None = None
    hourly: float = 0
    refused: float = 0
    beyond: str = "notes:write"
    last: float = 2
    origin: KeyOrigin = KeyOrigin.DASHBOARD
    networks: tuple[str, ...] = ()
    rate_limit: RateLimit | None = None
    address: str = "203.0.113.9"
    agent: str = "python-requests/2.32.3"


_PLANS = [
    Plan("Old deploy bot", ("agent:rw",), 300, hourly=0.2, last=60 * 24 * 4),
    Plan("Trial of the importer", ("notes:write",), 60, expires=-12, by="carla@acme.example"),
    Plan("partner-northwind-staging", ("notes:read",), 210, expires=24, hourly=4, last=180, address="198.51.100.7"),
    Plan("dora laptop", ("agent:rw",), 120, by="dora@acme.example", expires=90, hourly=0.1, last=60 * 24 * 9),
    Plan("reports-api", ("agent:rw",), 90, by="ben@acme.example", hourly=1.5, last=4),
    Plan("search-prod", ("agent:r",), 80, by="ben@acme.example", hourly=180, last=0.5, agent="okhttp/4.12.0"),
    Plan("etl-nightly", ("agent:r",), 75, expires=211, hourly=42, refused=0.25, last=370),
    Plan("GitHub Action prod", ("cache:invalidate",), 28, expires=3, hourly=0.6, last=60 * 27, agent="curl/8.9.1"),
    Plan("Claude on Ann’s laptop", ("agent:r", "notes:read"), 21, hourly=1.3, last=75, origin=KeyOrigin.DEVICE),
    Plan("crm-sync-dev", ("agent:r",), 9, by="carla@acme.example", refused=7.6, last=1, agent="node"),
    Plan(
        "checkout-prod",
        ("notes:read", "cache:invalidate"),
        8.5,
        expires=68,
        hourly=286,
        refused=0.02,
        last=0.4,
        networks=("203.0.113.0/24", "2001:db8::/32"),
        rate_limit=RateLimit(100_000, 3600),
    ),
    Plan("billing-worker-prod", ("notes:write",), 8, hourly=55, last=2, agent="Go-http-client/2.0"),
]


@dataclass(frozen=True)
class Demo:
    """`session` is the cookie of the owner, `places` what paths need: the organization, each key by its name, and
    each member by theirs."""

    session: str
    places: dict[str, str]


class Clock:
    """Stands still."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def same_random_numbers() -> Iterator[None]:
    """IDs and keys are the same each time within the block: nobody else can reach a server with them."""
    chance = Random("keydesk")
    with patch.multiple(secrets, randbits=chance.getrandbits, choice=chance.choice):
        yield


def build(app: Flask, clock: Clock) -> Demo:
    """Fills the empty database of the application. Call it inside `same_random_numbers`."""
    with app.app_context():
        story = _Story(app.extensions["runtime"], clock)
        for at, happen in sorted(story.events(), key=lambda event: event[0]):
            clock.now = at
            happen()
        clock.now = NOW
        app.extensions["runtime"].usage.flush()
        usage.fold(NOW)
        return Demo(story.session, story.places)


Event = tuple[datetime, Callable[[], object]]


class _Story:
    def __init__(self, runtime: Runtime, clock: Clock) -> None:
        self._runtime, self._clock, self._chance = runtime, clock, Random("usage")
        self._issued: dict[str, IssuedKey] = {}
        self.session = ""
        self.places: dict[str, str] = {}

    def events(self) -> Iterator[Event]:
        """In any order."""
        founded = NOW - timedelta(days=400)
        yield founded, self._found
        for number, (email, role) in enumerate(_MEMBERS.items(), 1):
            yield founded + timedelta(days=number), partial(self._add, email, role)
        yield NOW - timedelta(days=100), self._grant_credits
        for plan in _PLANS:
            yield NOW - timedelta(days=plan.created), partial(self._create, plan)
            yield from self._uses(plan)
        yield NOW - timedelta(days=3), self._remove_dora
        yield NOW - timedelta(days=2, hours=3), self._revoke_bot
        reports = next(plan for plan in _PLANS if plan.name == "reports-api")
        yield NOW - timedelta(minutes=12), partial(self._rotate, reports)
        yield NOW - timedelta(minutes=3), partial(self._use, replace(reports, name=_SUCCESSOR), 18, 0)
        yield NOW - timedelta(days=2), partial(self._sign_in, "198.51.100.23", _SAFARI)
        yield NOW - timedelta(minutes=12), partial(self._sign_in, "203.0.113.50", _FIREFOX)
        yield NOW - timedelta(minutes=1), self._agent_asks

    def _found(self) -> None:
        self.places["org"] = operator_organizations.create_organization(self._runtime, "Acme Engineering").id

    def _add(self, email: str, role: Role) -> None:
        org = self.places["org"]
        operator_members.add_member(self._runtime, org, email, role)
        (self.places[email.partition("@")[0]],) = (
            row.person_id for row in operator_members.everybody(self._runtime, org) if row.email == email
        )

    def _grant_credits(self) -> None:
        credits.grant(self._runtime, self.places["org"], 50_000, actor=operator_organizations.ACTOR)

    def _create(self, plan: Plan) -> None:
        settings = KeySettings(
            name=plan.name,
            scopes=plan.scopes,
            expires_at=NOW + timedelta(days=plan.expires) if plan.expires else None,
            networks=plan.networks,
            rate_limit=plan.rate_limit,
        )
        self._issued[plan.name] = keys.create(self._runtime, self._member(plan.by), settings, origin=plan.origin)
        self.places[plan.name] = self._issued[plan.name].listed.key.id

    def _uses(self, plan: Plan) -> Iterator[Event]:
        """What the key does in each hour since it was made, and at last."""
        end = NOW - timedelta(minutes=plan.last)
        hour = max(NOW - timedelta(days=plan.created - 0.1), NOW - timedelta(days=_DAYS))
        while hour < end and (plan.hourly or plan.refused):
            yield hour, partial(self._use, plan, self._busy(plan.hourly, hour), self._busy(plan.refused, hour))
            hour += timedelta(hours=1)
        yield end, partial(self._use, plan, min(1, plan.hourly), min(1, plan.refused) if not plan.hourly else 0)

    def _busy(self, hourly: float, hour: datetime) -> float:
        """Less at night and at weekends."""
        day = 0.55 if hour.weekday() >= 5 else 1.0
        night = 0.6 if hour.hour < 6 or hour.hour > 20 else 1.15
        return hourly * day * night * self._chance.uniform(0.8, 1.2)

    def _use(self, plan: Plan, let_through: float, refused: float) -> None:
        """Fractions are as likely."""
        key = self._issued[plan.name].plaintext.reveal()
        for scope, requests in ((plan.scopes[0], let_through), (plan.beyond, refused)):
            for _ in range(int(requests + self._chance.random())):
                key_verification.verify(self._runtime, key, scope=scope, address=plan.address, agent=plan.agent)

    def _remove_dora(self) -> None:
        operator_members.remove_member(self._runtime, self.places["org"], "dora@acme.example")

    def _revoke_bot(self) -> None:
        operator_keys.revoke_key(self._runtime, self.places["Old deploy bot"])

    def _rotate(self, plan: Plan) -> None:
        old = self.places[plan.name]
        self._issued[_SUCCESSOR] = key_rotation.rotate(self._runtime, self._member(plan.by), old, overlap_seconds=3600)

    def _sign_in(self, address: str, browser: str) -> None:
        """The last one is who looks at the pages."""
        member = self._member(OWNER)
        with transaction():
            self.session = sessions.open_session(
                self._runtime,
                person_id=member.person_id,
                email=OWNER,
                now=self._clock.now,
                address=address,
                user_agent=browser,
            ).reveal()

    def _agent_asks(self) -> None:
        asked = device_grants.authorize(
            self._runtime,
            client_name="Claude Code",
            scopes=("agent:r", "notes:read"),
            client="203.0.113.50",
            address="203.0.113.50",
        )
        self.places["agents code"] = asked.user_code.reveal()

    def _member(self, email: str) -> Member:
        person = people.by_email(email)
        assert person is not None
        return organizations.member(person.id, email, self.places["org"], Permission.READ_KEYS)
