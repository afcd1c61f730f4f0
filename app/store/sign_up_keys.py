"""Keys of people whose agents signed them up."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import aliased

from app.domain.key_origin import KeyOrigin
from app.extensions import db
from app.store.keys import ApiKey, replaces, works


def current(person_id: str, now: datetime) -> Sequence[ApiKey]:
    """The person's active sign-up keys that were not rotated, newest first."""
    successor = aliased(ApiKey)
    return db.session.scalars(
        select(ApiKey)
        .where(_is_sign_up_key_of(person_id), works(now))
        .where(~exists().where(replaces(successor)))
        .order_by(ApiKey.created_at.desc(), ApiKey.id.desc())
    ).all()


def organizations_with(person_id: str) -> Sequence[str]:
    """IDs of the organizations in which the person has sign-up keys, which are refused while the person is disabled."""
    return db.session.scalars(select(ApiKey.org_id).where(_is_sign_up_key_of(person_id)).distinct()).all()


def _is_sign_up_key_of(person_id: str) -> ColumnElement[bool]:
    """Whether the person gets the key again when they sign up. Handing it over changes its origin, too."""
    return and_(ApiKey.created_by == person_id, ApiKey.origin == KeyOrigin.SIGN_UP.value)
