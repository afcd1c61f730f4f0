"""The revocation counter: one number for each transaction that revokes, and whose keys it concerns."""

from concurrent.futures import ThreadPoolExecutor

from app.extensions import db
from app.store import organizations
from app.store import revocation_counter as counter
from app.store.revocation_counter import RevocationCounter
from app.store.transaction import transaction
from tests.databases import statements


def revision():
    db.session.close()
    return db.session.scalar(db.select(RevocationCounter.revision)) or 0


def test_parallel_changes_of_organizations_in_any_order_number_themselves_one_by_one(app, runtime, clock):
    with transaction():
        orgs = [organizations.add(f"Org {number}", clock.now).id for number in range(4)]

    def change(number):
        with app.app_context():
            for turn in range(5):
                mine = [orgs[(number + turn) % 4], orgs[(number + 2 * turn + 1) % 4]]
                with transaction():
                    counter.raise_for(mine if number % 2 else mine[::-1])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change, range(8)))
    assert revision() == 40
    assert set(runtime.key_records.changed_after(0)) == set(orgs)
    assert runtime.key_records.changed_after(40) == []


def test_it_says_whose_keys_changed_last_and_nothing_when_nobodys_did(org, other_org):
    for org_ids in ([org, other_org], [], [org]):
        with transaction():
            counter.raise_for(org_ids)
    assert revision() == 2
    assert {found.id: found.revocation_revision for found in organizations.all_of_them()} == {org: 2, other_org: 1}


def test_what_the_transaction_changed_before_is_written_before_the_counter(org):
    """Whoever holds the counter holds everybody up, so it comes last."""
    with statements() as sent, transaction():
        db.session.get(organizations.Organization, org).name = "Acme 2"
        counter.raise_for([org])
    renamed, raised = (
        next(place for place, sql in enumerate(sent) if sql.startswith(begin))
        for begin in ("UPDATE organization", "INSERT INTO revocation_counter")
    )
    assert renamed < raised
