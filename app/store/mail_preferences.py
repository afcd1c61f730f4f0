"""Mail preferences: the mails that people have switched off."""

from collections.abc import Collection

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, db
from app.store.transaction import require_transaction


class SwitchedOffMail(Base):
    __tablename__ = "switched_off_mail"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    #: A `MailKind`.
    kind: Mapped[str] = mapped_column(primary_key=True)


def of_person(person_id: str) -> frozenset[str]:
    return frozenset(db.session.scalars(select(SwitchedOffMail.kind).where(SwitchedOffMail.person_id == person_id)))


def put(person_id: str, kinds: Collection[str]) -> None:
    """These are switched off from now on, and no others."""
    require_transaction()
    db.session.execute(delete(SwitchedOffMail).where(SwitchedOffMail.person_id == person_id))
    db.session.add_all(SwitchedOffMail(person_id=person_id, kind=kind) for kind in sorted(kinds))
    db.session.flush()
