"""Test tokens: short-lived keys to try out the API on the page that describes it, in dev mode only."""

from datetime import timedelta

from app.domain.key_origin import KeyOrigin
from app.domain.key_settings import KeySettings
from app.services import keys, sign_in_limits
from app.services.keys import IssuedKey
from app.services.runtime import Runtime
from app.services.sign_in_limits import Attempt
from app.store import organizations
from app.store.transaction import transaction

SCOPES = ("agent:rw",)
LIFETIME = timedelta(hours=1)


def issue(runtime: Runtime, *, client: str) -> IssuedKey:
    """A key of the organization `Operators` that is valid for one hour. Raises `RateLimited`."""
    with transaction():
        now = runtime.clock()
        sign_in_limits.take(Attempt.TEST_TOKEN, client=client, now=now)
        organization = organizations.operators(now)
        policy = runtime.settings.policy
        # Another policy file may not have them.
        scopes = [scope for scope in SCOPES if scope in policy.scopes] or policy.default_scopes
        settings = KeySettings(name="Test token", scopes=scopes, expires_at=now + LIFETIME)
        return keys.create_without_person(runtime, organization.id, settings, now, origin=KeyOrigin.TEST)
