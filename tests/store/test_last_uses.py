"""When each key was last used."""

from datetime import timedelta

from sqlalchemy import select

from app.extensions import db
from app.store import last_uses
from app.store.column_types import to_microseconds
from app.store.last_uses import LastUse
from app.store.transaction import transaction


def mark(org_id, key_id, at, address=None, agent=None):
    with transaction():
        last_uses.mark([org_id, key_id, to_microseconds(at), address, agent])


def found():
    columns = (LastUse.org_id, LastUse.key_id, LastUse.at, LastUse.address, LastUse.agent)
    return [tuple(row) for row in db.session.execute(select(*columns).order_by(LastUse.org_id, LastUse.key_id))]


def test_a_last_use_moves_forward_with_where_and_by_what_it_was(app, clock):
    mark("org_1", "key_1", clock.now, "203.0.113.7", "curl/8")
    later = clock.now + timedelta(microseconds=1)
    mark("org_1", "key_1", later, None, "curl/9")
    assert found() == [("org_1", "key_1", later, None, "curl/9")]


def test_it_never_moves_back_and_the_first_of_two_at_one_moment_stays(app, clock):
    for moment in (clock.now, clock.now, clock.now - timedelta(microseconds=1)):
        mark("org_1", "key_1", moment, f"address {len(found())}")
    assert found() == [("org_1", "key_1", clock.now, "address 0", None)]


def test_each_key_has_its_own(app, clock):
    for org_id, key_id in (("org_1", "key_1"), ("org_1", "key_2"), ("org_2", "key_1")):
        mark(org_id, key_id, clock.now)
    assert [row[:2] for row in found()] == [("org_1", "key_1"), ("org_1", "key_2"), ("org_2", "key_1")]


def test_the_last_refused_use_is_kept_beside_it_and_neither_moves_the_other(app, clock):
    later = clock.now + timedelta(seconds=1)

    def refused(at, outcome, needs):
        with transaction():
            last_uses.mark_refused(["org_1", "key_1", to_microseconds(at), "192.0.2.1", "curl/8", outcome, needs])

    refused(later, "INSUFFICIENT_SCOPE", "notes:read")
    refused(clock.now, "EXPIRED", None)
    mark("org_1", "key_1", clock.now, "203.0.113.7")
    use = db.session.scalars(select(LastUse)).one()
    assert (use.at, use.address) == (clock.now, "203.0.113.7")
    assert (use.refused_at, use.refused_address, use.refused_agent) == (later, "192.0.2.1", "curl/8")
    assert (use.refused_outcome, use.refused_needs) == ("INSUFFICIENT_SCOPE", "notes:read")
    refused(later + timedelta(seconds=1), "EXPIRED", None)
    db.session.close()
    assert db.session.scalars(select(LastUse.refused_needs)).one() is None
