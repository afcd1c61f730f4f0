"""What a list of keys can be asked for: each wish as a condition of SQL."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import aliased

from app.domain.key_status import EXPIRING_WITHIN, FAILING_WITHIN, UNUSED_AFTER, Status
from app.domain.member_roles import Role
from app.domain.name_rules import folded
from app.store.keys import ApiKey, replaces, works
from app.store.last_uses import LastUse
from app.store.memberships import Membership

Condition = ColumnElement[bool]
#: Instead of the ID of an owner: keys that belong to no person.
ORGANIZATION = "organization"


@dataclass(frozen=True, slots=True)
class Outside:
    """Which working keys are outside of an organization's policy: those that end after `last_moment` (None: none do),
    or never, and those with a scope that the role of the member whom they belong to may not give."""

    last_moment: datetime | None
    refused: Mapping[Role, Sequence[str]]


@dataclass(frozen=True, slots=True)
class KeyFilter:
    """What a list is asked for. Without anything: all keys."""

    #: In the name, or how the key begins, or its ID.
    words: str = ""
    #: Names of `CONDITIONS`, all of which are so.
    conditions: tuple[str, ...] = ()
    scope: str | None = None
    #: The ID of the person who created it.
    creator: str | None = None
    #: The ID of the person whom it belongs to, or `ORGANIZATION`.
    owner: str | None = None
    status: Status | None = None
    #: Only those. None: any.
    outside: Outside | None = None


def _by_no_index(column: Any) -> Any:
    """The column as an expression that no planner looks up in an index: SQLite, which knows nothing about the values,
    prefers a range of times or all keys of an organization to the few rows by which a page is found at once."""
    return func.coalesce(column, column)


def _not_let_through_since(moment: datetime) -> Condition:
    use = aliased(LastUse)
    return ~exists().where(use.org_id == ApiKey.org_id, use.key_id == ApiKey.id, use.at > moment)


def _failing(org_id: str, now: datetime) -> Condition:
    since = now - FAILING_WITHIN
    refused = select(LastUse.key_id).where(
        LastUse.org_id == org_id, LastUse.refused_at > since, or_(LastUse.at.is_(None), LastUse.at <= since)
    )
    return and_(_in_use(now), ApiKey.id.in_(refused))


def _in_use(now: datetime) -> Condition:
    return and_(works(now), ApiKey.suspended_at.is_(None))


def _replaced(org_id: str, now: datetime) -> Condition:
    successor = aliased(ApiKey)
    replaced = select(successor.rotated_from).where(successor.org_id == org_id, successor.rotated_from.is_not(None))
    return and_(works(now), ApiKey.id.in_(replaced))


def _is_not_replaced() -> Condition:
    return ~exists().where(replaces(aliased(ApiKey)))


def _expiring(_org_id: str, now: datetime) -> Condition:
    """As `expiring_keys`, whose owners are told: what is suspended or being replaced ends as it shall."""
    ends = and_(ApiKey.expires_at.is_not(None), ApiKey.expires_at <= now + EXPIRING_WITHIN)
    return and_(_in_use(now), ends, _is_not_replaced())


def _owner_left(org_id: str, now: datetime) -> Condition:
    """Without keys that are being replaced: that is what one does about it."""
    return and_(works(now), ApiKey.owner_id.in_(_former_owners(org_id)), _is_not_replaced())


def people_of(org_id: str, column: str) -> Any:
    """The IDs of everybody in this column of the organization's keys, one look into an index for each: there may be a
    great many keys."""
    key = aliased(ApiKey)
    person = getattr(key, column)
    least = select(func.min(person).label("id")).where(key.org_id == org_id).cte(f"{column}_person", recursive=True)
    next_one = select(func.min(person)).where(key.org_id == org_id, person > least.c.id)
    return least.union_all(select(next_one.scalar_subquery()).where(least.c.id.is_not(None)))


def _former_owners(org_id: str) -> Any:
    owner = people_of(org_id, "owner_id")
    members = select(Membership.person_id).where(Membership.org_id == org_id)
    return select(owner.c.id).where(owner.c.id.is_not(None), owner.c.id.not_in(members))


#: What a key can be. Unlike the states of `key_status`, of which a key has one, several of these can be so, and most of
#: them of suspended keys too.
CONDITIONS: dict[str, Callable[[str, datetime], Condition]] = {
    "working": lambda _org, now: works(now),
    "failing": _failing,
    "expiring": _expiring,
    "replaced": _replaced,
    "owner_left": _owner_left,
    "unused": lambda _org, now: and_(
        works(now), _by_no_index(ApiKey.created_at) < now - UNUSED_AFTER, _not_let_through_since(now - UNUSED_AFTER)
    ),
    "never_expires": lambda _org, _now: and_(ApiKey.revoked_at.is_(None), ApiKey.expires_at.is_(None)),
    "suspended": lambda _org, now: and_(works(now), ApiKey.suspended_at.is_not(None)),
    "expired": lambda _org, now: and_(ApiKey.revoked_at.is_(None), ApiKey.expires_at <= now),
    "revoked": lambda _org, _now: ApiKey.revoked_at.is_not(None),
}


def conditions(org_id: str, wanted: KeyFilter, now: datetime) -> list[Condition]:
    # Few keys are being replaced: they are found by their successors.
    org = _by_no_index(ApiKey.org_id) if "replaced" in wanted.conditions else ApiKey.org_id
    found: list[Condition] = [org == org_id, *(CONDITIONS[name](org_id, now) for name in wanted.conditions)]
    if wanted.status is not None:
        found.append(_has_status(wanted.status, org_id, now))
    if wanted.outside is not None:
        found.append(outside_policy(org_id, wanted.outside, now))
    if wanted.scope is not None:
        found.append(_has_scope(wanted.scope))
    if wanted.creator is not None:
        found.append(ApiKey.created_by == wanted.creator)
    if wanted.owner is not None:
        found.append(belongs_to(wanted.owner))
    if words := wanted.words.strip():
        found.append(_matches(words))
    return found


def _has_status(status: Status, org_id: str, now: datetime) -> Condition:
    """As `key_status.status` has it."""
    if status in {"active", "expiring"}:
        ends = and_(ApiKey.expires_at.is_not(None), ApiKey.expires_at <= now + EXPIRING_WITHIN)
        return and_(_in_use(now), ends if status == "expiring" else not_(ends))
    return CONDITIONS[status](org_id, now)


def belongs_to(owner: str) -> Condition:
    """`owner`: as in `KeyFilter`."""
    return ApiKey.owner_id.is_(None) if owner == ORGANIZATION else ApiKey.owner_id == owner


def _has_scope(scope: str) -> Condition:
    scopes = type_coerce(ApiKey.scopes, String)
    whole = (literal(" ") + scopes + " ").contains(f" {scope} ", autoescape=True)
    # Most keys do not have it, which is told in less time without putting words together.
    return and_(scopes.contains(scope, autoescape=True), whole)


def outside_policy(org_id: str, outside: Outside, now: datetime) -> Condition:
    found: list[Condition] = []
    if outside.last_moment is not None:
        found += [ApiKey.expires_at.is_(None), ApiKey.expires_at > outside.last_moment]
    for role, scopes in outside.refused.items():
        theirs = select(Membership.person_id).where(Membership.org_id == org_id, Membership.role == role.value)
        found.append(and_(ApiKey.owner_id.in_(theirs), or_(*map(_has_scope, scopes))))
    return and_(works(now), or_(false(), *found))


def _matches(words: str) -> Condition:
    start, ellipsis, end = words.replace("...", "…").partition("…")
    if ellipsis:
        return and_(ApiKey.start == start.strip(), ApiKey.last4 == end.strip())
    found = [ApiKey.name_folded.contains(folded(words), autoescape=True)]
    # Only what looks like it: few other words could mean a key's start, and each comparison takes time.
    if "_" in words:
        found += [ApiKey.start.startswith(words, autoescape=True), ApiKey.id == words]
    return or_(*found)
