"""Many random keys for benchmarks, spread over organizations that have credits."""

from collections.abc import Iterator

from app.domain import key_format
from app.domain.errors import ValidationFailed
from app.domain.key_origin import KeyOrigin
from app.domain.key_rate_limit import RateLimit
from app.domain.secret import Secret
from app.services import audit
from app.services.operator_organizations import ACTOR
from app.services.runtime import Runtime
from app.store import credits, organizations
from app.store import keys as key_store
from app.store.transaction import transaction

#: Keys for each organization, and for each transaction.
BATCH = 1000
CREDITS = 10**9


def seed(
    runtime: Runtime, keys: int, *, scopes: tuple[str, ...], rate_limit: RateLimit | None
) -> Iterator[list[Secret]]:
    """Creates organizations `Seed 1`, `Seed 2`, … with 1,000 keys each, and yields the plaintexts batch by batch.

    Raises `ValidationFailed` outside dev mode, and `UnknownScope`.
    """
    if not runtime.settings.dev_mode:
        raise ValidationFailed(
            {"keys": "can be seeded only in dev mode: without a mail server, and with PUBLIC_URL on localhost"}
        )
    runtime.settings.policy.check_known(scopes)
    for first in range(0, keys, BATCH):
        minted = [key_format.mint(runtime.settings.key_prefix) for _ in range(min(BATCH, keys - first))]
        with transaction():
            now = runtime.clock()
            organization = organizations.add(f"Seed {first // BATCH + 1}", now)
            credits.grant(organization.id, CREDITS, "seeded", now)
            key_store.add_missing(
                [
                    {
                        "org_id": organization.id,
                        "digest": key.digest,
                        "start": key.start,
                        "last4": key.last4,
                        "prefix": runtime.settings.key_prefix,
                        "name": "Seeded key",
                        "scopes": scopes,
                        "created_at": now,
                        "origin": KeyOrigin.OPERATOR.value,
                        "rate_requests": rate_limit.requests if rate_limit else None,
                        "rate_seconds": rate_limit.window_seconds if rate_limit else None,
                    }
                    for key in minted
                ]
            )
            audit.keys_seeded(organization.id, at=now, actor=ACTOR, count=len(minted))
        yield [key.plaintext for key in minted]
