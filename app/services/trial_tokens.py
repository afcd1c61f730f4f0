"""Test tokens: for trying the API from its own description, in dev mode only (seed page 001)."""

from datetime import timedelta

from app.domain.key_origin import KeyOrigin
from app.domain.one_time_secrets import Purpose
from app.services import keys, one_time_secrets
from app.services.keys import IssuedKey
from app.services.runtime import Runtime
from app.store import organizations
from app.store.transaction import transaction

SCOPES = ("agent:rw",)
LIFETIME = timedelta(hours=1)


def issue(runtime: Runtime, *, client: str) -> IssuedKey:
    """A key of the organization `Operators` that lives for an hour. Raises `RateLimited`."""
    with transaction():
        now = runtime.clock()
        one_time_secrets.enter(Purpose.TEST_TOKEN, email="", client=client, now=now)
        one_time_secrets.count(Purpose.TEST_TOKEN, email="", client=client, now=now)
        organization = organizations.operators(now)
        return keys.issue_offline(
            runtime,
            organization.id,
            now,
            origin=KeyOrigin.TEST,
            name="Test token",
            scopes=SCOPES,
            expires_at=now + LIFETIME,
        )
