"""`make seed-large`, with a two-hundredth of its keys: as many of everything as it promises, and nothing that
contradicts the rest."""

from collections import Counter, defaultdict
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select

from app.domain.key_status import is_working, status
from app.extensions import db
from app.services import audit
from app.store import credits, usage_totals
from app.store.column_types import to_microseconds
from app.store.keys import ApiKey
from app.store.last_uses import LastUse
from app.store.memberships import Membership
from app.store.organizations import Organization
from app.store.people import Person
from app.store.usage import UsageHour
from app.store.usage_totals import UsageKeyDay
from benchmarks.seed_large import tenants
from benchmarks.seed_large.__main__ import main
from benchmarks.seed_large.filling import OWNER, NotEmptyError, fill, key_counts
from benchmarks.seed_large.keys import created_times, key_rows
from benchmarks.seed_large.sizes import DAYS, ORGANIZATIONS, Sizes

pytestmark = pytest.mark.databases("sqlite", "postgresql")
SMALL = Sizes().scaled(0.005)


@pytest.fixture
def seeded(app, clock):
    clock.advance(minutes=25)
    with app.app_context():
        fill(SMALL, clock.now)
        yield


@pytest.fixture
def large(seeded):
    """The ID of the large organization."""
    return db.session.scalar(select(Membership.org_id).join(Person).where(Person.email == OWNER))


def all_of(row):
    return list(db.session.scalars(select(row)))


def test_keys_are_as_many_as_promised_and_in_every_state(large, clock):
    keys = all_of(ApiKey)
    assert len(keys) == SMALL.keys == 5_000
    of_organization = Counter(key.org_id for key in keys)
    assert (len(of_organization), of_organization[large]) == (ORGANIZATIONS, SMALL.of_large)
    mine = [key for key in keys if key.org_id == large]
    assert {status(key, clock.now) for key in mine} >= {"active", "expiring", "expired", "revoked"}
    assert all(key.expires_at is None or key.expires_at > key.created_at for key in keys)
    assert len({key.created_by for key in mine}) > 10
    assert len({key.name for key in mine}) > SMALL.of_large * 0.7
    rotated = {key.rotated_from for key in keys} - {None}
    assert rotated
    assert rotated < {key.id for key in keys}
    audit_logs_and_ledgers_are_whole()
    with pytest.raises(NotEmptyError):
        fill(SMALL, clock.now)


def audit_logs_and_ledgers_are_whole():
    organizations = all_of(Organization)
    assert [org.name for org in organizations if audit.broken_at(org.id) is not None] == []
    assert all(credits.ledger_sum(org.id) == org.credits_granted > 0 for org in organizations)


def test_keys_are_used_as_often_as_promised(large, clock):
    today = usage_totals.day_of(clock.now)
    days = [today - timedelta(days=back) for back in range(DAYS)]
    keys = {key.id: key for key in all_of(ApiKey) if key.org_id == large}
    used = defaultdict(set)
    for row in usage_totals.of_keys(large, keys, days):
        used[row.key_id].add((row.day, row.outcome == "VALID"))
    on_days = {key_id: len({day for day, _ in uses}) for key_id, uses in used.items()}
    daily = [key_id for key_id, count in on_days.items() if count == DAYS]
    weekly = [key_id for key_id, count in on_days.items() if count in {DAYS // 7, DAYS // 7 + 1}]
    only_refused = [key_id for key_id, uses in used.items() if uses == {(today, False)}]
    assert (len(daily), len(weekly), len(only_refused)) == (SMALL.daily, SMALL.weekly, SMALL.only_refused)
    assert len(used) == SMALL.daily + SMALL.weekly + SMALL.only_refused
    assert all(len(used[key_id]) == 2 * DAYS for key_id in daily)
    assert all(is_working(keys[key_id], clock.now) for key_id in used)
    assert all(keys[key_id].created_at < min(uses)[0] for key_id, uses in used.items())
    sums_are_those_of_the_hours(large, clock.now)
    last_uses_are_in_the_last_hour_with_requests(clock.now)


def sums_are_those_of_the_hours(large, now):
    by_hour, by_day, until = Counter(), Counter(), usage_totals.folded_until()
    for row in usage_totals.of_organization(large, now - timedelta(days=DAYS)):
        by_hour[row.outcome] += row.requests
    hours = all_of(UsageHour)
    for row in [*all_of(UsageKeyDay), *(row for row in hours if row.hour >= until)]:
        by_day[row.outcome] += row.requests
    assert by_hour == by_day
    assert until == usage_totals.hour_of(now)
    assert {row.hour >= until for row in hours} == {True, False}


def last_uses_are_in_the_last_hour_with_requests(now):
    let_through = {}
    for row in all_of(UsageHour):
        if row.outcome == "VALID":
            let_through[row.key_id] = max(row.hour, let_through.get(row.key_id, row.hour))
    uses = {use.key_id: use.at for use in all_of(LastUse) if use.at is not None}
    assert len(uses) == SMALL.daily + SMALL.weekly
    assert max(uses.values()) <= now
    assert {key_id: usage_totals.hour_of(uses[key_id]) for key_id in let_through} == let_through


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("scale", ["all", "0", "-1", "11"])
def test_a_wrong_scale_is_refused_with_what_is_right(monkeypatch, scale):
    monkeypatch.setenv("SCALE", scale)
    with pytest.raises(SystemExit, match=r"SCALE: must be a number from 0\.001 to 10"):
        main()


@pytest.mark.databases("sqlite")
def test_keys_are_the_same_each_time(clock):
    now = to_microseconds(clock.now)

    def made():
        chance = Random("again")
        tenant = tenants.tenant(chance, "Acme Labs", 5, now)
        return list(key_rows(chance, tenant, created_times(chance, 50, now), now, working=set()))

    assert made() == made()
    assert key_counts(Sizes()) == key_counts(Sizes())
    assert sum(key_counts(Sizes())) == 1_000_000
