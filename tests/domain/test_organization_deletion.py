"""When an organization may be deleted, and until when it is kept."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.organization_deletion import erased_at, is_young

NOW = datetime(2026, 4, 16, 12, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "young"), [(0, True), (599, True), (600, False), (86_400, False)])
def test_a_sign_in_is_young_for_ten_minutes(seconds, young):
    assert is_young(NOW - timedelta(seconds=seconds), NOW) is young


def test_a_deleted_organization_is_kept_for_thirty_days():
    assert erased_at(NOW) == datetime(2026, 5, 16, 12, tzinfo=UTC)
