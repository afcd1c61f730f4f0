"""Usage as pages show it. Whatever is folded into sums already, and whatever is not, the numbers are the same."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.domain.key_settings import KeySettings
from app.domain.usage_span import Span
from app.extensions import db
from app.services import key_revocation, key_verification, keys, usage, usage_report
from app.store import usage_totals


@pytest.fixture
def issue(runtime, alice):
    def issue(name, member=alice.member):
        return keys.create(runtime, member, KeySettings(name=name))

    return issue


@pytest.fixture
def use(runtime):
    def use(issued, let_through=0, refused=0):
        for scope, times in ((None, let_through), ("keys:verify", refused)):
            for _ in range(times):
                key_verification.verify(runtime, issued.plaintext.reveal(), scope=scope)
        runtime.usage.flush()

    return use


@pytest.fixture(params=["before hours are folded", "after"])
def settle(request, clock):
    """Folds, or does not: pages must not show which."""

    def settle():
        if request.param == "after":
            usage.fold(clock.now)

    return settle


def counts(series):
    """What is not zero, by how many steps ago it was."""
    last = series.points[-1].at
    return {
        (last - at) // series.span.step: (let_through, refused)
        for at, let_through, refused in series.points
        if let_through or refused
    }


def in_both(alice, issued, span, now):
    """The series of the organization, which has one key, and so is that of the key."""
    whole = usage_report.series(alice.org, span, now)
    assert usage_report.series(alice.org, span, now, key_id=issued.listed.key.id) == whole
    return whole


def test_requests_are_shown_by_hour_and_by_day(alice, issue, use, settle, clock):
    key = issue("CI")
    for let_through, refused, hours in ((1, 0, 24 * 29), (2, 1, 24 * 4), (3, 2, 23), (0, 4, 1), (5, 0, 0)):
        use(key, let_through, refused)
        clock.advance(hours=hours)
        settle()
    # It was 12:00 on the first day.
    day = in_both(alice, key, Span.DAY, clock.now)
    assert counts(day) == {0: (5, 0), 1: (0, 4)}
    assert (day.let_through, day.refused) == (5, 4)
    week = in_both(alice, key, Span.WEEK, clock.now)
    assert counts(week) == {0: (5, 4), 1: (3, 2), 5: (2, 1)}
    month = in_both(alice, key, Span.MONTH, clock.now)
    assert counts(month) == {0: (5, 4), 1: (3, 2), 5: (2, 1)}
    assert len(month.points) == 30
    earlier = in_both(alice, key, Span.MONTH, clock.now - timedelta(days=5))
    assert counts(earlier) == {0: (2, 1), 29: (1, 0)}


def test_the_first_hour_and_day_are_whole_and_what_was_before_is_left_out(alice, issue, use, settle, clock):
    key = issue("CI")
    use(key, 1)
    clock.advance(minutes=59, hours=23)
    settle()
    assert counts(in_both(alice, key, Span.DAY, clock.now)) == {23: (1, 0)}
    clock.advance(minutes=1)
    settle()
    assert counts(in_both(alice, key, Span.DAY, clock.now)) == {}
    clock.now = usage_totals.day_of(clock.now) + timedelta(days=5, hours=23)
    settle()
    assert counts(in_both(alice, key, Span.WEEK, clock.now)) == {6: (1, 0)}
    clock.advance(hours=1)
    settle()
    assert counts(in_both(alice, key, Span.WEEK, clock.now)) == {}


def test_what_is_folded_while_it_is_read_is_counted_once(app, alice, issue, use, clock):
    key, hours = issue("CI"), 24 * 5
    for _ in range(hours):
        use(key, 1)
        clock.advance(hours=1)
    now = clock.now - timedelta(hours=1)

    def fold():
        with app.app_context():
            usage.fold(clock.now)

    read = Counter()
    with ThreadPoolExecutor(1) as pool:
        folding = pool.submit(fold)
        while not folding.done():
            db.session.close()
            read[usage_report.series(alice.org, Span.WEEK, now).let_through] += 1
            read[usage_report.series(alice.org, Span.WEEK, now, key_id=key.listed.key.id).let_through] += 1
            read[usage_report.most_active_keys(alice.org, Span.WEEK, now)[0].let_through] += 1
    folding.result()
    assert read.keys() == {hours}
    assert read.total() > 10


def test_refusals_are_counted_by_why_the_most_frequent_first(runtime, alice, issue, use, clock):
    key, revoked = issue("CI"), issue("Old")
    key_revocation.revoke(runtime, alice.member, revoked.listed.key.id)
    use(key, 7, 1)
    use(revoked, 2)
    assert usage_report.series(alice.org, Span.DAY, clock.now).refusals == (("REVOKED", 2), ("INSUFFICIENT_SCOPE", 1))
    assert usage_report.series(alice.org, Span.DAY, clock.now, key_id=key.listed.key.id).refusals == (
        ("INSUFFICIENT_SCOPE", 1),
    )


@pytest.mark.parametrize("span", Span)
def test_the_most_active_keys_come_first_with_what_was_refused(alice, issue, use, settle, clock, span):
    few, many, none = issue("Few"), issue("Many"), issue("None")
    use(few, 2, 2)
    use(many, 1)
    clock.advance(hours=2)
    settle()
    use(many, 3, 1)
    found = usage_report.most_active_keys(alice.org, span, clock.now)
    assert [(key.name, key.let_through, key.refused) for key in found] == [("Many", 4, 1), ("Few", 2, 2)]
    assert (found[0].id, found[0].start, found[0].last4) == (
        many.listed.key.id,
        many.listed.key.start,
        many.listed.key.last4,
    )
    assert none.listed.key.id not in {key.id for key in found}
    assert [key.name for key in usage_report.most_active_keys(alice.org, span, clock.now, limit=1)] == ["Many"]


@pytest.mark.parametrize("span", Span)
def test_the_keys_of_an_organization_add_up_to_its_chart(alice, issue, use, settle, clock, span):
    one, other = issue("One"), issue("Other")
    for hours in (1, 30, 200, 0):
        use(one, 2, 1)
        use(other, 1)
        clock.advance(hours=hours)
        settle()
    whole = usage_report.series(alice.org, span, clock.now)
    by_key = usage_report.most_active_keys(alice.org, span, clock.now)
    assert sum(key.let_through for key in by_key) == whole.let_through > 0
    assert sum(key.refused for key in by_key) == whole.refused > 0


@pytest.mark.parametrize("span", Span)
def test_another_organization_is_not_counted(cast, issue, use, clock, span):
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    theirs = issue("Theirs", charlie.member)
    use(theirs, 3, 1)
    assert counts(usage_report.series(cast.alice.org, span, clock.now)) == {}
    assert usage_report.most_active_keys(cast.alice.org, span, clock.now) == []
    key_id = theirs.listed.key.id
    assert counts(usage_report.series(cast.alice.org, span, clock.now, key_id=key_id)) == {}
    assert counts(usage_report.series(charlie.org, span, clock.now)) == {0: (3, 1)}
