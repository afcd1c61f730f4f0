"""The cache generation of an organization: proxies put it into their cache keys, so raising it empties the cache."""

from app.domain.key_verification import KeyRecord
from app.services import audit
from app.services.immediate_revocation import revoking
from app.services.runtime import Runtime
from app.store import organizations


def invalidate(runtime: Runtime, key: KeyRecord) -> int:
    """The new generation. Raises `Busy`."""
    with revoking(runtime) as revocation:
        generation = organizations.raise_cache_generation(key.org_id)
        audit.cache_invalidated(key.org_id, at=runtime.clock(), actor=key.key_id, generation=generation)
        revocation.affects(key.org_id)
    return generation
