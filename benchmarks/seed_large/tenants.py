"""Organizations with people, and what their audit log says."""

import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from random import Random
from typing import Any, NamedTuple

from app.domain.audit_chain import GENESIS, Entry, seal
from app.domain.base62 import ALPHABET
from app.domain.member_roles import Role
from benchmarks.seed_large import words

HOUR, DAY = 3_600_000_000, 86_400_000_000
CREDITS = 1000


class PersonRow(NamedTuple):
    id: str
    email: str
    created_at: int


class OrganizationRow(NamedTuple):
    id: str
    name: str
    created_at: int
    cache_generation: int
    audit_count: int
    audit_head: str
    credits_granted: int


class MembershipRow(NamedTuple):
    org_id: str
    person_id: str
    role: str
    created_at: int


class CreditRow(NamedTuple):
    id: str
    org_id: str
    at: int
    amount: int
    reason: str


class AuditRow(NamedTuple):
    id: str
    org_id: str
    sequence: int
    at: int
    action: str
    actor: str
    target: str
    details_json: str
    seal: str


class Event(NamedTuple):
    """What becomes an entry of the audit log."""

    at: int
    action: str
    actor: str
    target: str
    details: dict[str, Any]


@dataclass(frozen=True)
class Tenant:
    """An organization, with its people in the order in which they came. The first is its owner, the second an admin,
    the third may only look; the last has left, and their keys are still there."""

    id: str
    name: str
    created_at: int
    people: list[PersonRow]

    @property
    def owner(self) -> PersonRow:
        return self.people[0]

    @property
    def creators(self) -> list[PersonRow]:
        """Those who may create keys, or could when they were members."""
        return self.people[:2] + self.people[3:]

    def role(self, person: PersonRow) -> Role:
        return dict(zip(self.people, (Role.OWNER, Role.ADMIN, Role.VIEWER), strict=False)).get(person, Role.MEMBER)

    def memberships(self) -> list[MembershipRow]:
        return [
            MembershipRow(self.id, person.id, self.role(person).value, person.created_at) for person in self.people[:-1]
        ]

    def events(self, now: int) -> list[Event]:
        """Without those of keys."""
        founded = Event(self.created_at, "organization.created", self.owner.email, self.id, {"owner": self.owner.email})
        joined = [
            Event(
                person.created_at,
                "member.added",
                "operator",
                person.id,
                {"email": person.email, "role": self.role(person).value},
            )
            for person in self.people[1:]
        ]
        gone = self.people[-1]
        left = Event(now - HOUR, "member.removed", "operator", gone.id, {"email": gone.email})
        return [founded, *joined, left]


def new_id(chance: Random, noun: str) -> str:
    """As `app.domain.ids.new_id`, but the same each time. Digits of base62, 21 of which are less than 128 bits."""
    return f"{noun}_0{''.join(chance.choices(ALPHABET, k=21))}"


def tenant(chance: Random, name: str, people: int, created_at: int) -> Tenant:
    rows = [
        PersonRow(new_id(chance, "usr"), address, created_at + number * HOUR)
        for number, address in enumerate(words.email_addresses(chance, people, name))
    ]
    return Tenant(new_id(chance, "org"), name, created_at, rows)


def credit_row(chance: Random, tenant: Tenant) -> CreditRow:
    return CreditRow(new_id(chance, "crd"), tenant.id, tenant.created_at, CREDITS, "sign-up")


def audit_rows(chance: Random, org_id: str, events: Iterable[Event]) -> list[AuditRow]:
    """The chain of the organization, as the audit log itself would have written it."""
    rows, head = [], GENESIS
    for sequence, event in enumerate(sorted(events, key=lambda event: event.at), 1):
        details = json.dumps(event.details, sort_keys=True)
        entry = Entry(
            new_id(chance, "aud"), org_id, sequence, event.at, event.action, event.actor, event.target, details
        )
        head = seal(head, entry)
        rows.append(AuditRow._make((*astuple(entry), head)))
    return rows


def organization_row(tenant: Tenant, log: list[AuditRow]) -> OrganizationRow:
    return OrganizationRow(tenant.id, tenant.name, tenant.created_at, 0, len(log), log[-1].seal, CREDITS)
