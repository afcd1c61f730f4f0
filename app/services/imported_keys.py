"""Import of another system's keys by their hashes. Running it again adds only those that are missing."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from app.domain.imported_keys import ImportedKey
from app.domain.key_origin import KeyOrigin
from app.services import audit
from app.services.operator_organizations import ACTOR
from app.services.runtime import Runtime
from app.store import keys as key_store
from app.store.keys import ApiKey
from app.store.transaction import transaction

#: Keys for each transaction: an import that is killed loses at most this many.
BATCH = 1000


class Imported(NamedTuple):
    """How many keys of a batch were read, and how many of them were new. `working`: those that the file says are
    revoked, but which were already there and work."""

    read: int
    new: int
    working: Sequence[ApiKey]


def import_keys(runtime: Runtime, org_id: str, keys: Iterable[ImportedKey]) -> Iterator[Imported]:
    """Imports the keys batch by batch. A key that is already there stays as it is. Raises `UnknownScope`."""
    source = iter(keys)
    while batch := list(islice(source, BATCH)):
        for key in batch:
            runtime.settings.policy.check_known(key.scopes)
        with transaction():
            now = runtime.clock()
            rows = [
                {
                    "org_id": org_id,
                    "digest": key.digest,
                    "hash_kind": key.kind.value,
                    "start": key.start,
                    "last4": "",
                    "prefix": runtime.settings.key_prefix,
                    "name": key.name,
                    "scopes": key.scopes or runtime.settings.policy.default_scopes,
                    "created_at": now,
                    "expires_at": key.expires_at,
                    "revoked_at": now if key.revoked else None,
                    "origin": KeyOrigin.IMPORT.value,
                }
                for key in batch
            ]
            new = key_store.add_missing(rows)
            if new:
                audit.keys_imported(org_id, at=now, actor=ACTOR, count=new)
            working = [found for key in batch if key.revoked for found in key_store.working_by_digest(key.digest, now)]
        yield Imported(len(batch), new, working)
