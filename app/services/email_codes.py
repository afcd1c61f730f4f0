"""Agents get a session token in exchange for a mailed code, which their person pastes."""

from app.domain import email_address
from app.domain.errors import OtpExpired
from app.domain.one_time_secrets import Purpose
from app.services import agent_session_tokens, code_attempts, one_time_secrets
from app.services.agent_session_tokens import IssuedToken
from app.services.one_time_secrets import Issued
from app.services.outbox import UNKNOWN, Asker
from app.services.runtime import Runtime
from app.store import people
from app.store.people import Person
from app.store.transaction import transaction


def request(runtime: Runtime, *, email: str, client: str, asker: Asker = UNKNOWN) -> Issued:
    """Mails a code to a person who has an account. For an unknown address or a disabled person the response is the
    same, but nothing is mailed and no code will work. Raises `ValidationFailed`, `RateLimited` and `OtpMaxAttempts`."""
    return one_time_secrets.request(
        runtime, Purpose.EMAIL_CODE, email=email, client=client, may_receive=_has_account, asker=asker
    )


def verify(runtime: Runtime, *, email: str, code: str) -> IssuedToken:
    """A session token in exchange for the right code. Raises `OtpInvalid`, `OtpExpired` and `OtpMaxAttempts`."""
    address = email_address.normalise(email)
    secret_id = code_attempts.try_code(runtime, Purpose.EMAIL_CODE, address, code)
    with transaction():
        now = runtime.clock()
        secret = one_time_secrets.redeem(secret_id, Purpose.EMAIL_CODE, now)
        person = people.locked_by_email(address)
        if secret is None or person is None or person.disabled_at is not None:
            raise OtpExpired
        return agent_session_tokens.issue(runtime, person.id, person.email, now)


def _has_account(person: Person | None, _email: str) -> bool:
    return person is not None and person.disabled_at is None
