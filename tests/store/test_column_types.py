"""What is written comes back the same, on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from app.extensions import db
from app.store import organizations
from app.store.column_types import Words, from_microseconds, to_microseconds
from app.store.organizations import Organization
from app.store.transaction import transaction

MOMENTS = [
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2026, 4, 16, 12, 15, 0, 123_457, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
]


def test_times_are_exact_to_the_microsecond_and_in_order(app):
    with transaction():
        for moment in reversed(MOMENTS):
            organizations.add("Org", moment)
    assert db.session.scalars(select(Organization.created_at).order_by(Organization.created_at)).all() == MOMENTS


def test_a_time_of_another_zone_is_the_same_moment_in_utc():
    written = datetime(2026, 4, 16, 14, tzinfo=timezone(timedelta(hours=2)))
    read = from_microseconds(to_microseconds(written))
    assert (read, read.utcoffset()) == (written, timedelta())


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(TypeError):
        to_microseconds(datetime(2026, 4, 16))  # noqa: DTZ001 -- the mistake itself


@pytest.mark.parametrize("words", [None, (), ("agent:r",), ("b", "a")])
def test_words_keep_their_order_and_none_is_not_an_empty_list(words):
    kept = Words()
    assert kept.process_result_value(kept.process_bind_param(words, None), None) == words
