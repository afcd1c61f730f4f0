"""Positions in a sorted list."""

from datetime import timedelta

from sqlalchemy import select

from app.extensions import db
from app.store.keyset_pagination import before
from app.store.organizations import Organization
from app.store.transaction import transaction


def test_what_comes_before_a_position_is_told_by_all_columns_in_turn(app, clock):
    times = [clock.now + timedelta(microseconds=step) for step in (0, 1)]
    rows = [(moment, name) for moment in times for name in ("a", "b", "c")]
    with transaction():
        db.session.add_all(Organization(id=f"{name}{moment}", name=name, created_at=moment) for moment, name in rows)
    columns = (Organization.created_at, Organization.name)
    for place, position in enumerate(rows):
        found = db.session.execute(select(*columns).where(before(columns, position)).order_by(*columns))
        assert [tuple(row) for row in found] == rows[:place]
