"""Sums of usage: by key and day, and by organization and hour. Whatever is flushed when, they are the sums of the
hours."""

from dataclasses import replace
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
    return one == other and third == fourth and key_sums_are_those_of_the_days()


def key_sums_are_those_of_the_days():
    """Where there are any."""
    of_days = (
        "SELECT sum(CASE WHEN day >= until - 6 * 86400000000 THEN requests ELSE 0 END), sum(requests)"
        " FROM usage_key_day JOIN usage_key_sum USING (org_id, key_id)"
        " WHERE day BETWEEN until - 29 * 86400000000 AND until - 86400000000 GROUP BY org_id, key_id ORDER BY 2, 1"
    )
    found = list(db.session.execute(text("SELECT of_week, of_month FROM usage_key_sum ORDER BY 2, 1")))
    expected = list(db.session.execute(text(of_days)))
    db.session.close()
    return found == expected


def key_sums():
    found = [tuple(row) for row in db.session.execute(text("SELECT of_week, of_month FROM usage_key_sum"))]
    db.session.close()
    return found


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


def test_a_keys_sums_of_a_week_and_a_month_leave_out_today_and_move_on_every_day(runtime, issued, clock):
    clock.now = usage_totals.day_of(clock.now) + timedelta(hours=1)
    found = []
    for day in range(32):
        if day < 3:
            use(runtime, issued, 10**day)
            runtime.usage.flush()
        clock.advance(hours=2)
        usage.fold(clock.now)
        found.append(key_sums())
        assert key_sums_are_those_of_the_days()
        clock.advance(hours=22)
    assert found[:3] == [[], [(1, 1)], [(11, 11)]]
    assert found[3:7] == [[(111, 111)]] * 4
    assert found[7:10] == [[(110, 111)], [(100, 111)], [(0, 111)]]
    assert found[29:] == [[(0, 111)], [(0, 110)], [(0, 100)]]


def test_a_keys_sums_are_made_anew_after_a_late_flush_for_a_day_before(runtime, issued, clock):
    use(runtime, issued)
    runtime.usage.flush()
    use(runtime, issued)
    clock.advance(days=1)
    usage.fold(clock.now)
    assert key_sums() == [(1, 1)]
    runtime.usage.flush()
    assert key_sums() == []
    usage.fold(clock.now)
    assert key_sums() == [(2, 2)]
    assert sums_are_those_of_the_hours()


def test_a_keys_sums_wait_until_the_day_before_is_folded(runtime, issued, clock):
    use(runtime, issued)
    runtime.usage.flush()
    today = usage_totals.day_of(clock.now) + timedelta(days=1)
    usage.fold(today + timedelta(seconds=119))
    assert key_sums() == []
    usage.fold(today + timedelta(seconds=120))
    assert key_sums() == [(1, 1)]
    assert usage_totals.organizations_to_sum(today) == []


def test_a_keys_sums_are_without_the_days_that_are_deleted(runtime, issued, clock):
    runtime = replace(runtime, settings=replace(runtime.settings, usage_retention_days=3))
    for _ in range(6):
        use(runtime, issued)
        runtime.usage.flush()
        clock.advance(days=1)
    retention.prune(runtime)
    assert key_sums() == [(3, 3)]
    assert sums_are_those_of_the_hours()
    clock.advance(days=4)
    retention.prune(runtime)
    assert key_sums() == []


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
