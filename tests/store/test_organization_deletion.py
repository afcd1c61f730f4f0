"""Erasing what belongs to a deleted organization, row by row."""

from sqlalchemy import text

from app.extensions import Base, db
from app.store import audit, organization_deletion, organizations
from app.store.transaction import transaction


def test_every_table_with_an_organization_in_it_is_erased_from(app, clock):
    with app.app_context():
        with transaction():
            mine, other = (organizations.add(name, clock.now).id for name in ("Mine", "Other"))
            for org_id in (mine, other):
                for _ in range(3):
                    audit.append(org_id, at=clock.now, action="a", actor="b", target="c", details={})
            db.session.execute(text("UPDATE organization SET deleted_at = 1 WHERE name = 'Mine'"))
        erased = []
        for _ in range(3):
            with transaction():
                erased.append(organization_deletion.erase_some(mine, 2))
        assert erased == [2, 1, 0]
        left = db.session.execute(text("SELECT org_id, count(*) FROM audit_entry GROUP BY org_id")).all()
        assert [tuple(row) for row in left] == [(other, 3)]


def test_one_that_is_not_deleted_loses_nothing(app, org, clock):
    with transaction():
        audit.append(org, at=clock.now, action="a", actor="b", target="c", details={})
        assert organization_deletion.erase_some(org, 2) == 0
        assert not organization_deletion.forget(org)
        organization_deletion.mark_erased(org, clock.now)
    left = db.session.get(organizations.Organization, org)
    assert (left.name, left.erased_at, left.audit_count) == ("Acme", None, 1)
    assert db.session.execute(text("SELECT count(*) FROM audit_entry")).scalar_one() == 1


def test_rows_of_an_organization_are_known_by_a_column_of_one_name():
    """A table that refers to organizations by another name would be forgotten."""
    by_another_name = [
        str(key.parent)
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "organization" and key.parent.name != "org_id"
    ]
    assert by_another_name == []
