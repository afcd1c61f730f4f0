"""The cache generation of an organization: proxies put it into their cache keys, so raising it empties the cache."""

from app.domain.key_verification import KeyRecord
from app.services import audit
from app.services.revocation_barrier import settling
from app.services.runtime import Runtime
from app.store import organizations


def invalidate(runtime: Runtime, key: KeyRecord) -> int:
    """Raises the generation of the key's organization by 1, and returns the new one. Of those who wait for the
    organization's turn at the same time, the first does it for all. Raises `Busy`."""
    with runtime.revocation_queue.take(key.org_id, joins=True) as turn:
        if turn.outcome is None:
            turn.outcome = _raise_generation(runtime, key)
        generation: int = turn.outcome
    return generation


def _raise_generation(runtime: Runtime, key: KeyRecord) -> int:
    with settling() as revocation:
        generation = organizations.raise_cache_generation(key.org_id)
        audit.cache_invalidated(key.org_id, at=runtime.clock(), actor=key.key_id, generation=generation)
        revocation.affects(key.org_id)
    return generation
