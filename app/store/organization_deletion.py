"""Deleted organizations: what would be lost, which are due to be erased, and erasing them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Table, delete, func, or_, select, tuple_, update

from app.extensions import Base, db
from app.store.keys import ApiKey, works
from app.store.memberships import Membership
from app.store.organizations import Organization
from app.store.transaction import require_transaction


def count_working_keys(org_id: str, now: datetime) -> int:
    return db.session.scalar(select(func.count()).where(ApiKey.org_id == org_id, works(now))) or 0


def count_members(org_id: str) -> int:
    return db.session.scalar(select(func.count()).where(Membership.org_id == org_id)) or 0


def locked(org_id: str) -> Organization:
    """The organization, locked as an update of it does."""
    query = select(Organization).where(Organization.id == org_id)
    return db.session.scalars(query.with_for_update(key_share=True).execution_options(populate_existing=True)).one()


def by_id_or_name(org: str) -> Sequence[Organization]:
    """Deleted organizations that were not erased."""
    is_named = or_(Organization.id == org, Organization.name == org)
    return db.session.scalars(
        select(Organization).where(is_named, Organization.deleted_at.is_not(None), Organization.erased_at.is_(None))
    ).all()


def deleted_before(moment: datetime) -> Sequence[str]:
    """Those deleted by then and not erased, first deleted first."""
    query = select(Organization.id).where(Organization.deleted_at <= moment, Organization.erased_at.is_(None))
    return db.session.scalars(query.order_by(Organization.deleted_at, Organization.id)).all()


def erase_some(org_id: str, most: int) -> int:
    """Deletes up to `most` rows of one table that belong to the organization, and returns how many; 0: nothing is left
    but the organization's own row, or it was brought back. Every table with a column `org_id` is one, rows that refer
    to others first."""
    require_transaction()
    # Two processes take turns: otherwise one would wait for the rows that the other deletes, and then find none.
    if locked(org_id).deleted_at is None:
        return 0
    if parted := _part_from_predecessors(org_id, most):
        return parted
    for table in reversed(Base.metadata.sorted_tables):
        if "org_id" in table.c and (erased := _erase_some(table, org_id, most)):
            return erased
    return 0


def _part_from_predecessors(org_id: str, most: int) -> int:
    """Keys refer to those that they replace, whichever goes first."""
    some = select(ApiKey.id).where(ApiKey.org_id == org_id, ApiKey.rotated_from.is_not(None)).limit(most)
    return db.session.execute(  # type: ignore[attr-defined, no-any-return]
        update(ApiKey).where(ApiKey.id.in_(some)).values(rotated_from=None).execution_options(synchronize_session=False)
    ).rowcount


def _erase_some(table: Table, org_id: str, most: int) -> int:
    named = tuple_(*table.primary_key.columns)
    some = select(*table.primary_key.columns).where(table.c.org_id == org_id).limit(most)
    return db.session.execute(delete(table).where(named.in_(some))).rowcount  # type: ignore[attr-defined, no-any-return]


def mark_erased(org_id: str, now: datetime) -> None:
    """Does nothing before `forget`."""
    db.session.execute(
        update(Organization)
        .where(Organization.id == org_id, Organization.deleted_at.is_not(None), Organization.name == "")
        .values(erased_at=now)
    )


def forget(org_id: str) -> bool:
    """Empties the organization's row, but for what others go by: its ID, its place among the revocations, and the
    length and newest seal of its audit log. False: it is empty already, or was brought back."""
    emptied = db.session.execute(
        update(Organization)
        .where(Organization.id == org_id, Organization.deleted_at.is_not(None), Organization.name != "")
        .values(name="", key_policy=None, credits_granted=0, credits_used=0)
        .execution_options(synchronize_session=False)
    )
    return emptied.rowcount > 0  # type: ignore[attr-defined, no-any-return]
