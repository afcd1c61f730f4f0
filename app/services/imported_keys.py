"""Import of another system's keys by their hashes. Running it again adds only what is missing."""

from collections.abc import Iterable, Iterator
from itertools import islice

from app.domain.imported_keys import ImportedKey
from app.domain.key_origin import Door
from app.services import audit
from app.services.runtime import Desk
from app.store import keys as key_store
from app.store.transaction import transaction

#: Keys in one transaction: what a killed import loses, and no more.
BATCH = 1000


def import_keys(desk: Desk, org_id: str, keys: Iterable[ImportedKey]) -> Iterator[tuple[int, int]]:
    """Batch by batch: how many were read and how many of them were new. Raises `UnknownScope`."""
    source = iter(keys)
    while batch := list(islice(source, BATCH)):
        for key in batch:
            desk.settings.policy.check_known(key.scopes)
        with transaction():
            now = desk.clock()
            rows = [
                {
                    "org_id": org_id,
                    "digest": key.digest,
                    "hash_kind": key.kind.value,
                    "start": key.start,
                    "last4": "",
                    "prefix": desk.settings.key_prefix,
                    "name": key.name,
                    "scopes": key.scopes or desk.settings.policy.default_scopes,
                    "created_at": now,
                    "expires_at": key.expires_at,
                    "door": Door.IMPORT.value,
                }
                for key in batch
            ]
            new = key_store.add_missing(rows)
            if new:
                audit.record(org_id, at=now, action="keys.imported", actor="operator", target=org_id, keys=new)
        yield len(batch), new
