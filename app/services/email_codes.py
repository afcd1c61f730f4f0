"""Door B: an agent gets a session token with a code that its person pastes (seed page 000)."""

from app.domain import email_address
from app.domain.errors import OtpExpired
from app.domain.one_time_secrets import Purpose
from app.services import one_time_secrets, session_tokens
from app.services.one_time_secrets import Issued
from app.services.runtime import Runtime
from app.services.session_tokens import IssuedToken
from app.store import people
from app.store.transaction import transaction


def request(runtime: Runtime, *, email: str, client: str) -> Issued:
    """Mails a code to a person who has an account. Unknown and disabled addresses get the same answer, no mail, and a
    code that cannot verify. Raises `ValidationFailed`, `RateLimited` and `OtpMaxAttempts`."""
    address = email_address.normalise(email)
    with transaction():
        now = runtime.clock()
        one_time_secrets.enter(Purpose.EMAIL_CODE, email=address, client=client, now=now)
        person = people.by_email(address)
        return one_time_secrets.issue(
            runtime,
            Purpose.EMAIL_CODE,
            email=address,
            client=client,
            now=now,
            send=person is not None and person.disabled_at is None,
            lifetime=runtime.settings.email_code_lifetime,
        )


def verify(runtime: Runtime, *, email: str, code: str) -> IssuedToken:
    """A session token for the right code. Raises `OtpInvalid`, `OtpExpired` and `OtpMaxAttempts`."""
    address = email_address.normalise(email)
    secret_id = one_time_secrets.try_code(runtime, Purpose.EMAIL_CODE, address, code)
    with transaction():
        now = runtime.clock()
        secret = one_time_secrets.redeem(secret_id, Purpose.EMAIL_CODE, now)
        person = people.by_email(address)
        if secret is None or person is None or person.disabled_at is not None:
            raise OtpExpired
        return session_tokens.issue(runtime, person.id, person.email, now)
