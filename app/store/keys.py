"""API keys. Only a hash of each key is stored, never its plaintext."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    UniqueConstraint,
    and_,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column, validates

from app.domain import paging
from app.domain.ids import new_id
from app.domain.key_rate_limit import RateLimit
from app.domain.key_settings import KeySettings
from app.domain.name_rules import folded
from app.domain.revocation_reason import RevocationReason
from app.extensions import Base, db
from app.store.column_types import UtcTime, Words, from_microseconds, to_microseconds
from app.store.keyset_pagination import before
from app.store.last_uses import LastUse
from app.store.memberships import Membership
from app.store.organizations import IS_THERE, Organization
from app.store.people import Person
from app.store.upsert import insert


def _folded(context: Any) -> str:
    return folded(context.get_current_parameters()["name"])


class ApiKey(Base):
    __tablename__ = "api_key"

    id: Mapped[str] = mapped_column(primary_key=True)
    org_id: Mapped[str] = mapped_column(ForeignKey("organization.id"))
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    #: The prefix and 8 characters, to recognize the key by.
    start: Mapped[str]
    last4: Mapped[str]
    prefix: Mapped[str]
    name: Mapped[str]
    #: The name as lists search and sort by it.
    name_folded: Mapped[str] = mapped_column(default=_folded, server_default="")
    scopes: Mapped[tuple[str, ...]] = mapped_column(Words)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    #: NULL: not created by a person (but by an operator, an import, or as a test token).
    created_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    #: The person whom it belongs to, first of all who created it. NULL: the organization.
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    #: NULL: does not expire.
    expires_at: Mapped[datetime | None] = mapped_column(UtcTime)
    #: NULL: not revoked.
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    #: Who revoked it. NULL: no person did, or it is not known.
    revoked_by: Mapped[str | None]
    #: A `RevocationReason`. NULL: not known.
    revoked_reason: Mapped[str | None]
    #: When it was first revoked, even if that was undone: an hour later, nothing can be undone any more.
    first_revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    #: NULL: not suspended.
    suspended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    suspended_by: Mapped[str | None]
    #: The form that created it, so that sending the form twice creates one key. NULL: not created by a form.
    submission_id: Mapped[str | None]
    #: How it was created: a `KeyOrigin`.
    origin: Mapped[str] = mapped_column(default="dashboard", server_default="dashboard")
    #: The hash function of `digest`: `sha256`, or `sha512` for some imported keys.
    hash_kind: Mapped[str] = mapped_column(default="sha256", server_default="sha256")
    #: Networks from which it can be used, in CIDR notation. Empty: from anywhere.
    networks: Mapped[tuple[str, ...]] = mapped_column(Words, default=(), server_default="")
    #: At most `rate_requests` requests in any `rate_seconds` seconds. NULL: no limit.
    rate_requests: Mapped[int | None]
    rate_seconds: Mapped[int | None]
    #: NULL: not the successor of another key.
    rotated_from: Mapped[str | None] = mapped_column(ForeignKey("api_key.id"))
    #: When a key that is being replaced would have expired if it had not been rotated. NULL: never.
    expires_unrotated: Mapped[datetime | None] = mapped_column(UtcTime)
    #: After how many seconds without a request a key that is being replaced ends. NULL: only when it expires.
    ends_idle_seconds: Mapped[int | None]
    #: When its creator was told that it ends although it is still used. NULL: not yet.
    end_mailed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    #: What an owner, an admin or the operator last set; a member allows the key no more. NULL: nothing.
    bound_scopes: Mapped[tuple[str, ...] | None] = mapped_column(Words)
    bound_expires_at: Mapped[datetime | None] = mapped_column(UtcTime)
    bound_networks: Mapped[tuple[str, ...] | None] = mapped_column(Words)
    bound_rate_requests: Mapped[int | None]
    bound_rate_seconds: Mapped[int | None]

    __table_args__ = (
        # For the list of keys, newest first, and what it searches and filters by: without it, a rare word is looked for
        # in every row of the organization's keys.
        Index(
            "ix_api_key_list",
            *("org_id", "created_at", "id"),
            *("revoked_at", "expires_at", "suspended_at", "created_by", "owner_id", "name_folded", "start", "scopes"),
        ),
        Index("ix_api_key_org_id_name_folded_id", "org_id", "name_folded", "id"),
        Index("ix_api_key_org_id_expires_at_id", "org_id", "expires_at", "id"),
        Index("ix_api_key_origin_created_by_created_at", "origin", "created_by", "created_at"),
        Index("ix_api_key_created_by_created_at", "created_by", "created_at"),
        # For counting active keys: revoked ones may be many times as many. `revoked_at` is in it so that SQLite reads
        # nothing but the index.
        Index(
            "ix_api_key_org_id_expires_at_revoked_at",
            "org_id",
            "expires_at",
            "revoked_at",
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
        # For those who are told that their keys expire.
        Index(
            "ix_api_key_expires_at_org_id_owner_id",
            *("expires_at", "org_id", "owner_id"),
            sqlite_where=text("revoked_at IS NULL AND expires_at IS NOT NULL"),
            postgresql_where=text("revoked_at IS NULL AND expires_at IS NOT NULL"),
        ),
        Index("ix_api_key_start", "start"),
        # The few keys that end once nobody uses them.
        Index(
            "ix_api_key_ends_idle_seconds",
            "ends_idle_seconds",
            sqlite_where=text("ends_idle_seconds IS NOT NULL"),
            postgresql_where=text("ends_idle_seconds IS NOT NULL"),
        ),
        # For the few keys that were rotated.
        Index(
            "ix_api_key_org_id_rotated_from",
            "org_id",
            "rotated_from",
            sqlite_where=text("rotated_from IS NOT NULL"),
            postgresql_where=text("rotated_from IS NOT NULL"),
        ),
        # For joining keys that were used with whether they work.
        Index("ix_api_key_org_id_id", "org_id", "id", "revoked_at", "expires_at", "suspended_at"),
        Index("ix_api_key_org_id_created_by", "org_id", "created_by", "revoked_at", "expires_at"),
        Index("ix_api_key_org_id_owner_id", "org_id", "owner_id", "revoked_at", "expires_at"),
        UniqueConstraint("org_id", "submission_id"),
    )

    @validates("name")
    def _fold(self, _: str, name: str) -> str:
        self.name_folded = folded(name)
        return name

    def revoke(self, at: datetime, reason: RevocationReason, *, by: str | None = None) -> None:
        """`by`: the ID of the person who did it."""
        self.revoked_at, self.revoked_by, self.revoked_reason = at, by, reason.value
        self.first_revoked_at = self.first_revoked_at or at

    @property
    def settings(self) -> KeySettings:
        return cast(KeySettings, {name: getattr(self, name) for name in KeySettings.__annotations__})

    @property
    def rate_limit(self) -> RateLimit | None:
        """None: no limit."""
        return rate_limit_of(self.rate_requests, self.rate_seconds)

    @rate_limit.setter
    def rate_limit(self, limit: RateLimit | None) -> None:
        self.rate_requests = limit.requests if limit else None
        self.rate_seconds = limit.window_seconds if limit else None

    @property
    def bounds(self) -> KeySettings:
        """Without what has no bound."""
        bounds = {
            "scopes": self.bound_scopes,
            "expires_at": self.bound_expires_at,
            "networks": self.bound_networks,
            "rate_limit": rate_limit_of(self.bound_rate_requests, self.bound_rate_seconds),
        }
        return cast(KeySettings, {name: bound for name, bound in bounds.items() if bound is not None})

    @bounds.setter
    def bounds(self, bounds: KeySettings) -> None:
        scopes, networks, limit = bounds.get("scopes"), bounds.get("networks"), bounds.get("rate_limit")
        self.bound_scopes = None if scopes is None else tuple(scopes)
        self.bound_expires_at = bounds.get("expires_at")
        self.bound_networks = None if networks is None else tuple(networks)
        self.bound_rate_requests = limit.requests if limit else None
        self.bound_rate_seconds = limit.window_seconds if limit else None


class ListedKey(NamedTuple):
    """A key, the email addresses of the people who created it and whom it belongs to, its last uses, and what became of
    it and its owner."""

    key: ApiKey
    #: None: not created by a person.
    created_by: str | None
    #: None: never used. Read `last_let_through` and `last_refused`: a row can hold either or both.
    last_use: LastUse | None = None
    #: The ID of the key that it was rotated to.
    successor: str | None = None
    #: Whether it belongs to a person who is no longer a member: mostly who created it.
    owner_left: bool = False
    #: None: it belongs to the organization.
    owner: str | None = None

    @property
    def last_let_through(self) -> datetime | None:
        return self.last_use.at if self.last_use else None

    @property
    def last_refused(self) -> datetime | None:
        return self.last_use.refused_at if self.last_use else None

    @property
    def is_replaced(self) -> bool:
        return self.successor is not None


def replaces(successor: Any) -> ColumnElement[bool]:
    """Whether `successor` replaces the key. IS NOT NULL, because SQLite uses the partial index only if told."""
    return and_(
        successor.org_id == ApiKey.org_id, successor.rotated_from == ApiKey.id, successor.rotated_from.is_not(None)
    )


_SUCCESSOR = aliased(ApiKey)
_OWNER = aliased(Person)
LISTED = (
    select(
        ApiKey,
        Person.email,
        LastUse,
        select(_SUCCESSOR.id).where(replaces(_SUCCESSOR)).limit(1).scalar_subquery(),
        and_(ApiKey.owner_id.is_not(None), Membership.role.is_(None)),
        _OWNER.email,
    )
    .outerjoin(Person, Person.id == ApiKey.created_by)
    .outerjoin(_OWNER, _OWNER.id == ApiKey.owner_id)
    .outerjoin(LastUse, and_(LastUse.org_id == ApiKey.org_id, LastUse.key_id == ApiKey.id))
    .outerjoin(Membership, and_(Membership.org_id == ApiKey.org_id, Membership.person_id == ApiKey.owner_id))
)


def add(*, key_id: str | None = None, **values: Any) -> ApiKey:
    key = ApiKey(id=key_id or new_id("key"), **values)
    db.session.add(key)
    db.session.flush()
    return key


def add_missing(rows: Sequence[dict[str, Any]]) -> int:
    """Adds the rows whose digest is not stored yet, and returns how many that were."""
    statement = insert(ApiKey).on_conflict_do_nothing(index_elements=["digest"]).returning(ApiKey.id)
    return len(db.session.execute(statement, [{"id": new_id("key"), **row} for row in rows]).all())


def get(org_id: str, key_id: str) -> ListedKey | None:
    row = db.session.execute(_listed(org_id).where(ApiKey.id == key_id)).one_or_none()
    return None if row is None else ListedKey(*row)


def locked(org_id: str, key_id: str) -> ListedKey | None:
    """As `get`, and locks the key until the transaction ends."""
    row = db.session.execute(
        _listed(org_id).where(ApiKey.id == key_id).with_for_update(of=ApiKey, key_share=True)
    ).one_or_none()
    return None if row is None else ListedKey(*row)


def page_of_person(person_id: str, *, now: datetime, limit: int, cursor: str | None) -> paging.Page[ListedKey]:
    """A page of the active keys of all the person's organizations, newest first. Raises `ValidationFailed` for an
    invalid cursor."""
    theirs = (
        select(Membership.org_id)
        .join(Organization, Organization.id == Membership.org_id)
        .where(Membership.person_id == person_id, IS_THERE)
    )
    query = LISTED.where(ApiKey.org_id.in_(theirs), works(now))
    return _page(query, limit=limit, cursor=cursor)


def has_working(org_id: str, number: int, now: datetime) -> bool:
    """Whether the organization has at least so many active keys."""
    nth = select(ApiKey.expires_at.is_(None)).where(ApiKey.org_id == org_id, works(now)).offset(number - 1).limit(1)
    return db.session.scalar(nth) is not None


def nth_newest_creation(person_id: str, number: int) -> datetime | None:
    """When the person created the key before which they created `number - 1` newer ones, or None."""
    return db.session.scalar(
        select(ApiKey.created_at)
        .where(ApiKey.created_by == person_id)
        .order_by(ApiKey.created_at.desc())
        .offset(number - 1)
        .limit(1)
    )


def organization_of(key_id: str) -> str | None:
    return db.session.scalar(select(ApiKey.org_id).where(ApiKey.id == key_id))


def ids_by_digest(digests: Sequence[bytes]) -> dict[str, str]:
    """The IDs of the keys with these digests, by their organizations."""
    rows = db.session.execute(select(ApiKey.org_id, ApiKey.id).where(ApiKey.digest.in_(digests)))
    return {row.org_id: row.id for row in rows}


def by_submission(org_id: str, submission_id: str) -> str | None:
    """The ID of the key that this form created, or None."""
    return db.session.scalar(select(ApiKey.id).where(ApiKey.org_id == org_id, ApiKey.submission_id == submission_id))


def working_of_owner(org_id: str | None, person_id: str, now: datetime, *, lock: bool = False) -> Sequence[ListedKey]:
    """The organization's active keys that belong to the person, oldest first; without an organization, those of all.
    `lock`: locked in the order of their IDs until the transaction ends."""
    query = (_listed(org_id) if org_id else LISTED).where(ApiKey.owner_id == person_id, works(now)).order_by(ApiKey.id)
    rows = db.session.execute(query.with_for_update(of=ApiKey, key_share=True) if lock else query)
    return sorted((ListedKey(*row) for row in rows), key=lambda listed: (listed.key.created_at, listed.key.id))


def locked_many(org_id: str, key_ids: Sequence[str]) -> Sequence[ListedKey]:
    """Those of these keys that are the organization's, locked in the order of their IDs until the transaction ends."""
    rows = db.session.execute(
        _listed(org_id).where(ApiKey.id.in_(key_ids)).order_by(ApiKey.id).with_for_update(of=ApiKey, key_share=True)
    )
    return [ListedKey(*row) for row in rows]


def _listed(org_id: str) -> Select[Any]:
    return LISTED.where(ApiKey.org_id == org_id)


def _page(query: Select[Any], *, limit: int, cursor: str | None) -> paging.Page[ListedKey]:
    query = query.order_by(ApiKey.created_at.desc(), ApiKey.id.desc()).limit(limit + 1)
    after = paging.decode(cursor, int, str)
    if after:
        position = (from_microseconds(int(after[0])), str(after[1]))
        query = query.where(before((ApiKey.created_at, ApiKey.id), position))
    rows: Sequence[ListedKey] = [ListedKey(*row) for row in db.session.execute(query)]
    return paging.cut(rows, limit, lambda row: (to_microseconds(row.key.created_at), row.key.id))


def rate_limit_of(requests: int | None, seconds: int | None) -> RateLimit | None:
    return RateLimit(requests, seconds) if requests and seconds else None


def works(now: datetime) -> ColumnElement[bool]:
    """Whether a key is neither revoked nor expired: the opposite of `key_status.has_ended` in SQL. It may be
    suspended."""
    return and_(ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now))
