"""Sums of usage: by key and day, and by organization and hour. Whatever is flushed when, they are the sums of the
hours."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.domain.key_settings import KeySettings
from app.extensions import db
from app.services import key_verification, keys, retention, usage
from app.store import usage_totals


@pytest.fixture
def issued(runtime, alice):
    return keys.create(runtime, alice.member, KeySettings(name="CI"))


def use(runtime, issued, times=1, scope=None):
    for _ in range(times):
        key_verification.verify(runtime, issued.plaintext.reveal(), scope=scope)


def by_day(issued, days):
    found = usage_totals.of_keys(issued.listed.key.org_id, [issued.listed.key.id], days)
    return {(row.day, row.outcome): row.requests for row in found}


def sums_are_those_of_the_hours():
    days = "SELECT org_id, day, key_id, outcome, requests FROM usage_key_day ORDER BY 1, 2, 3, 4"
    hours = (
        "SELECT org_id, hour - hour % 86400000000 AS day, key_id, outcome, sum(requests) FROM usage_hour"
        " WHERE hour < (SELECT folded_until FROM usage_fold) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
    )
    by_org = "SELECT org_id, hour, outcome, requests FROM usage_org_hour ORDER BY 1, 2, 3"
    by_org_of_hours = (
        "SELECT org_id, hour, outcome, sum(requests) FROM usage_hour"
        " WHERE hour < (SELECT folded_until FROM usage_fold) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    one, other, third, fourth = (list(db.session.execute(text(q))) for q in (days, hours, by_org, by_org_of_hours))
    db.session.close()
    return one == other and third == fourth


def test_a_days_requests_are_there_before_and_after_their_hours_are_folded(runtime, issued, alice, clock):
    today = usage_totals.day_of(clock.now)
    days = [today, today + timedelta(days=1)]
    use(runtime, issued, 3)
    use(runtime, issued, 2, scope="keys:verify")
    runtime.usage.flush()
    expected = {(today, "VALID"): 3, (today, "INSUFFICIENT_SCOPE"): 2}
    assert by_day(issued, days) == expected
    clock.advance(days=1)
    use(runtime, issued)
    runtime.usage.flush()
    for _ in range(2):
        usage.fold(clock.now)
        assert by_day(issued, days) == expected | {(days[1], "VALID"): 1}
        assert sums_are_those_of_the_hours()
    hours = usage_totals.of_organization(alice.org, today)
    assert [(row.outcome, row.requests) for row in hours] == [("INSUFFICIENT_SCOPE", 2), ("VALID", 3), ("VALID", 1)]


def test_what_is_flushed_late_is_added_to_its_day(runtime, issued, clock):
    today = usage_totals.day_of(clock.now)
    use(runtime, issued, 2)
    clock.advance(hours=1)
    use(runtime, issued)
    clock.advance(hours=3)
    usage.fold(clock.now)
    use(runtime, issued)
    runtime.usage.flush()
    assert by_day(issued, [today]) == {(today, "VALID"): 4}
    assert sums_are_those_of_the_hours()
    runtime.usage.flush()
    usage.fold(clock.now + timedelta(days=2))
    assert by_day(issued, [today]) == {(today, "VALID"): 4}
    assert sums_are_those_of_the_hours()


def test_an_hour_is_folded_only_once_it_is_over(runtime, issued, clock):
    first = usage_totals.hour_of(clock.now)
    use(runtime, issued)
    runtime.usage.flush()
    usage.fold(usage_totals.hour_of(clock.now) + timedelta(hours=1, seconds=119))
    assert usage_totals.folded_until() == first
    usage.fold(usage_totals.hour_of(clock.now) + timedelta(hours=1, seconds=120))
    assert usage_totals.folded_until() == first + timedelta(hours=1)


def test_other_keys_and_organizations_are_not_counted(runtime, cast, issued, clock):
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    theirs = keys.create(runtime, charlie.member, KeySettings(name="Theirs"))
    use(runtime, theirs, 5)
    use(runtime, issued)
    runtime.usage.flush()
    clock.advance(hours=2)
    usage.fold(clock.now)
    today = usage_totals.day_of(clock.now)
    assert by_day(issued, [today]) == {(today, "VALID"): 1}
    assert [row.requests for row in usage_totals.of_organization(cast.alice.org, today)] == [1]


def test_days_are_deleted_as_a_whole_with_their_hours(runtime, issued, clock):
    use(runtime, issued)
    runtime.usage.flush()
    kept = timedelta(days=runtime.settings.usage_retention_days)
    clock.now = usage_totals.day_of(clock.now) + kept + timedelta(hours=23)
    retention.prune(runtime)
    assert db.session.execute(text("SELECT count(*) FROM usage_key_day")).scalar_one() == 1
    assert sums_are_those_of_the_hours()
    clock.advance(hours=1)
    retention.prune(runtime)
    for table in ("usage_hour", "usage_key_day", "usage_org_hour"):
        assert db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
