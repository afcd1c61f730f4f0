"""What verification reads: a key with its organization and person, an install ID, and the revocation counter."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from sys import intern
from typing import Any

from sqlalchemy import LargeBinary, Select, and_, bindparam, exists, func, literal_column, or_, select

from app.domain import key_networks
from app.domain.key_origin import KeyOrigin
from app.domain.key_rate_limit import RateLimit
from app.domain.key_verification import KeyRecord
from app.store.column_types import from_microseconds
from app.store.database_errors import DatabaseUnavailable
from app.store.install_id_credentials import SCOPES, InstallId
from app.store.keys import ApiKey
from app.store.organizations import Organization
from app.store.people import Person
from app.store.revocation_counter import RevocationCounter
from app.store.verification_connections import Row, VerificationReader

#: How long `has_imported` keeps its result, in seconds. After the first import, running servers may refuse the imported
#: keys for this long. While there are none, all malformed keys together cost one small query in this time.
KEPT_SECONDS = 1.0

Granted = Callable[[Iterable[str]], frozenset[str]]

# Values arrive as the columns hold them, without the conversions of SQLAlchemy's types.
_KEY = (
    select(
        ApiKey.id,
        ApiKey.org_id,
        Organization.name,
        ApiKey.name,
        ApiKey.scopes,
        ApiKey.expires_at,
        ApiKey.revoked_at,
        or_(
            Organization.disabled_at.is_not(None),
            ApiKey.suspended_at.is_not(None),
            and_(ApiKey.origin == literal_column(f"'{KeyOrigin.SIGN_UP.value}'"), Person.disabled_at.is_not(None)),
        ),
        ApiKey.networks,
        ApiKey.rate_requests,
        ApiKey.rate_seconds,
        Organization.cache_generation,
    )
    .join(Organization, Organization.id == ApiKey.org_id)
    .outerjoin(Person, Person.id == ApiKey.created_by)
)
_DIGEST = bindparam("digest", type_=LargeBinary)
_BY_DIGEST = _KEY.where(ApiKey.digest == _DIGEST)
_BY_EITHER = _KEY.where(or_(ApiKey.digest == _DIGEST, ApiKey.digest == bindparam("other", type_=LargeBinary)))
_INSTALL = (
    select(
        InstallId.id,
        InstallId.org_id,
        Organization.name,
        InstallId.withdrawn_at,
        Organization.disabled_at,
        Organization.cache_generation,
    )
    .join(Organization, Organization.id == InstallId.org_id)
    .where(InstallId.id == bindparam("id"))
)
_REVISION = select(func.max(RevocationCounter.revision))
_CHANGED = select(Organization.id).where(
    Organization.revocation_revision > bindparam("after", type_=RevocationCounter.revision.type)
)
_IMPORTED: Select[Any] = select(literal_column("1")).where(exists().where(ApiKey.origin == literal_column("'import'")))


class KeyRecords:
    """Reads records without a session. `granted`: all scopes that given scopes include. Methods raise
    `DatabaseUnavailable`."""

    def __init__(self, reader: VerificationReader, granted: Granted) -> None:
        self._reader, self._granted = reader, granted
        self._has_imported, self._asked_at = False, float("-inf")
        self._scopes = lru_cache(maxsize=4096)(self._words_and_granted)
        self._by_digest = reader.prepare(_BY_DIGEST)
        self._by_either = reader.prepare(_BY_EITHER)
        self._install = reader.prepare(_INSTALL)
        self._revision = reader.prepare(_REVISION)
        self._changed = reader.prepare(_CHANGED)
        self._imported = reader.prepare(_IMPORTED)

    def by_digest(self, digest: bytes, other: bytes | None = None) -> KeyRecord | None:
        """The key with this digest or the other one, or None."""
        if other is None:
            rows = self._reader.rows(self._by_digest, digest)
        else:
            rows = self._reader.rows(self._by_either, digest, other)
        return self._key(rows[0]) if rows else None

    def install(self, install_id: str) -> KeyRecord | None:
        rows = self._reader.rows(self._install, install_id)
        if not rows:
            return None
        id_, org_id, org_name, withdrawn_at, disabled_at, generation = rows[0]
        return KeyRecord(
            key_id=id_,
            org_id=org_id,
            org_name=org_name,
            name="Install id",
            scopes=SCOPES,
            granted=self._granted(SCOPES),
            expires_at=None,
            revoked_at=None if withdrawn_at is None else from_microseconds(withdrawn_at),
            disabled=disabled_at is not None,
            cache_generation=generation,
            is_install=True,
        )

    def revision(self) -> int:
        """The value of the revocation counter."""
        self._reader.check_file()
        return self._reader.rows(self._revision)[0][0] or 0

    def timeline_changes(self) -> int:
        """How often PostgreSQL turned out to be on another timeline than before."""
        return self._reader.timeline_changes()

    def changed_after(self, revision: int) -> list[str]:
        """IDs of the organizations whose keys were revoked or changed after `revision`."""
        return [row[0] for row in self._reader.rows(self._changed, revision)]

    def has_imported(self) -> bool:
        """Whether there are imported keys; the result may be `KEPT_SECONDS` old. Never raises `DatabaseUnavailable`:
        while the database is down, the last result stays, so malformed keys are still refused if there were none."""
        now = time.monotonic()
        if now - self._asked_at >= KEPT_SECONDS:
            self._asked_at = now
            with suppress(DatabaseUnavailable):
                self._has_imported = bool(self._reader.rows(self._imported))
        return self._has_imported

    def close(self) -> None:
        self._reader.close()

    def _words_and_granted(self, scopes: str) -> tuple[tuple[str, ...], frozenset[str]]:
        """Cached, so that all keys with the same scopes share these objects."""
        words = tuple(scopes.split())
        return words, self._granted(words)

    def _key(self, row: Row) -> KeyRecord:
        (id_, org_id, org_name, name, scopes, expires, revoked, disabled, nets, requests, seconds, generation) = row
        words, granted = self._scopes(scopes)
        return KeyRecord(
            id_,
            intern(org_id),
            intern(org_name),
            name,
            words,
            granted,
            None if expires is None else from_microseconds(expires),
            None if revoked is None else from_microseconds(revoked),
            bool(disabled),
            key_networks.compiled(tuple(nets.split())) if nets else (),
            RateLimit(requests, seconds) if requests else None,
            generation,
        )
