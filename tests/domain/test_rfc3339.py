"""Times on the wire."""

from datetime import UTC, datetime, timedelta, timezone

from app.domain.rfc3339 import rfc3339


def test_times_on_the_wire_are_utc_whole_seconds():
    moment = datetime(2026, 4, 16, 14, 15, 0, 999999, tzinfo=timezone(timedelta(hours=2)))
    assert rfc3339(moment) == "2026-04-16T12:15:00Z"
    assert rfc3339(datetime(2026, 4, 16, 12, tzinfo=UTC)) == "2026-04-16T12:00:00Z"
