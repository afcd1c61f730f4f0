"""Import of another system's keys by their hashes. Running it again adds only those that are missing."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from app.domain.errors import ValidationFailed
from app.domain.imported_keys import ImportedKey
from app.domain.key_origin import KeyOrigin
from app.domain.key_policy import KeyPolicy
from app.services import audit, key_policy
from app.services.operator_organizations import ACTOR
from app.services.runtime import Runtime
from app.store import keys as key_store
from app.store import operator_keys
from app.store.keys import ApiKey
from app.store.transaction import transaction

#: Keys for each transaction: an import that is killed loses at most this many.
BATCH = 1000
#: How many keys a refusal names.
NAMED = 5


class Imported(NamedTuple):
    """How many keys of a batch were read, and how many of them were new. `working`: those that the file says are
    revoked, but which were already there and work."""

    read: int
    new: int
    working: Sequence[ApiKey]


def refuse_outside_policy(runtime: Runtime, org_id: str, keys: Iterable[ImportedKey]) -> None:
    """Raises `ValidationFailed` if the organization's policy does not allow some of these keys the expiry that they
    have, or that they never expire."""
    _refuse(key_policy.of(org_id), _outside(key_policy.of(org_id), keys, runtime.clock()))


def import_keys(
    runtime: Runtime, org_id: str, keys: Iterable[ImportedKey], *, overrides_policy: bool = False
) -> Iterator[Imported]:
    """Imports the keys batch by batch. A key that is already there stays as it is. Raises `UnknownScope`, and, unless
    the policy is overridden, `ValidationFailed` as above."""
    source = iter(keys)
    while batch := list(islice(source, BATCH)):
        for key in batch:
            runtime.settings.policy.check_known(key.scopes)
        with transaction():
            now, policy = runtime.clock(), key_policy.locked(org_id)
            outside = _outside(policy, batch, now)
            if not overrides_policy:
                _refuse(policy, outside)
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
                overridden = ("expires_at",) if outside else ()
                audit.keys_imported(org_id, at=now, actor=ACTOR, count=new, overridden=overridden)
            working = [
                found for key in batch if key.revoked for found in operator_keys.working_by_digest(key.digest, now)
            ]
        yield Imported(len(batch), new, working)


def _outside(policy: KeyPolicy, keys: Iterable[ImportedKey], now: datetime) -> list[ImportedKey]:
    """A file says of each key when it expires, so none gets the default expiry. What is revoked does not matter."""
    return [key for key in keys if not key.revoked and not policy.allows_expiry(key.expires_at, now)]


def _refuse(policy: KeyPolicy, outside: Sequence[ImportedKey]) -> None:
    if outside:
        names = ", ".join(key.name for key in outside[:NAMED]) + (", …" if len(outside) > NAMED else "")
        raise ValidationFailed(
            {
                "expires_at": f"of {len(outside)} keys ({names}) must be at most {policy.most_days} days from now; the"
                " organization’s policy. Correct the file, or import it with --override-policy"
            }
        )
