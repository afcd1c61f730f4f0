"""The cache generation of an organization: proxies put it into their cache keys, so raising it empties the cache."""

from app.domain.key_verification import KeyRecord
from app.services import audit
from app.services.revocation import note_change, withdrawal
from app.services.runtime import Runtime
from app.store import organizations


def invalidate(runtime: Runtime, key: KeyRecord) -> int:
    """The new generation. Raises `Busy`."""
    with withdrawal(runtime):
        generation = organizations.raise_cache_generation(key.org_id)
        audit.record(
            key.org_id,
            at=runtime.clock(),
            action="cache.invalidated",
            actor=key.key_id,
            target=key.org_id,
            generation=generation,
        )
        note_change([key.org_id])
    return generation
