"""Import of another system's keys by their hashes. Running it again adds only those that are missing."""

from collections.abc import Iterable, Iterator
from itertools import islice

from app.domain.imported_keys import ImportedKey
from app.domain.key_origin import KeyOrigin
from app.services import audit
from app.services.operator_organizations import ACTOR
from app.services.runtime import Runtime
from app.store import keys as key_store
from app.store.transaction import transaction

#: Keys for each transaction: an import that is killed loses at most this many.
BATCH = 1000


def import_keys(runtime: Runtime, org_id: str, keys: Iterable[ImportedKey]) -> Iterator[tuple[int, int]]:
    """Yields for each batch how many keys were read and how many of them were new. A key that is already there stays as
    it is. Raises `UnknownScope`."""
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
        yield len(batch), new
