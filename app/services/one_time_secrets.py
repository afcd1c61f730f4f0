"""One-time secrets: links and codes that are mailed and work once, each for one purpose."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.config import Settings
from app.domain import email_address
from app.domain.ids import new_id
from app.domain.mail_kinds import MailKind
from app.domain.one_time_secrets import CODES, Purpose
from app.domain.secret import Secret
from app.services import code_attempts, outbox, sign_in_limits
from app.services.outbox import UNKNOWN, Asker
from app.services.runtime import Runtime
from app.services.sign_in_limits import Attempt
from app.store import one_time_secrets, people, wrong_code_counts
from app.store.one_time_secrets import OneTimeSecret
from app.store.people import Person
from app.store.transaction import transaction

MAILS = {
    Purpose.LINK: MailKind.SIGN_IN_LINK,
    Purpose.EMAIL_CODE: MailKind.EMAIL_CODE,
    Purpose.SIGN_UP_CODE: MailKind.SIGN_UP_CODE,
}
_LIFETIMES: dict[Purpose, Callable[[Settings], int]] = {
    Purpose.LINK: lambda settings: settings.link_lifetime,
    Purpose.EMAIL_CODE: lambda settings: settings.email_code_lifetime,
    Purpose.SIGN_UP_CODE: lambda settings: settings.sign_up_code_lifetime,
}


@dataclass(frozen=True, slots=True)
class Issued:
    """`plaintext` is the link's token or the code; None if the address gets no mail."""

    expires_at: datetime
    plaintext: Secret | None


def request(
    runtime: Runtime,
    purpose: Purpose,
    *,
    email: str,
    client: str,
    may_receive: Callable[[Person | None, str], bool],
    browser: str | None = None,
    next_path: str | None = None,
    asker: Asker = UNKNOWN,
    for_developer: bool = False,
    known_browser: bool = False,
) -> Issued:
    """Mails a new secret to an address that may receive one. Any other gets the same rows, response and work, so that
    nobody can find out which addresses are known.

    `client`: who asks, as limits count clients; `asker`: who asks, as the mail says it. `for_developer`: a link is
    shown to its developer instead of being mailed, so that more are allowed. `known_browser`: it has signed in with the
    address before, so that a share of the mails is kept for it. Raises `ValidationFailed`, `RateLimited`,
    and `OtpMaxAttempts` while codes are paused for the address.
    """
    address = email_address.normalise(email)
    with transaction():
        now = runtime.clock()
        kind = Attempt.CODE if purpose in CODES else Attempt.DEV_LINK if for_developer else Attempt.LINK
        sign_in_limits.take(kind, email=address, client=client, now=now, known_browser=known_browser)
        send = may_receive(people.by_email(address), address)
        if purpose in CODES:
            code_attempts.refuse_while_paused(address, now)
        return _issue(runtime, purpose, address, now, send=send, browser=browser, next_path=next_path, asker=asker)


def _issue(
    runtime: Runtime,
    purpose: Purpose,
    email: str,
    now: datetime,
    *,
    send: bool,
    browser: str | None,
    next_path: str | None,
    asker: Asker,
) -> Issued:
    """A new secret and its mail."""
    secret_id = new_id("ots")
    code, digest = runtime.codes.make(purpose, secret_id) if purpose in CODES else (None, None)
    expires_at = now + timedelta(seconds=_LIFETIMES[purpose](runtime.settings))
    one_time_secrets.add(
        secret_id=secret_id,
        purpose=purpose,
        email=email,
        now=now,
        expires_at=expires_at,
        browser=browser,
        next_path=next_path,
        digest=digest,
        deliverable=send,
    )
    outbox.enqueue(
        mail=MAILS[purpose],
        recipient=email,
        secret_id=secret_id,
        now=now,
        expires_at=expires_at,
        send=send and runtime.settings.has_mail,
        asker=asker,
    )
    plaintext = code or runtime.links.sign(secret_id)
    return Issued(expires_at, plaintext if send else None)


def redeem(secret_id: str, purpose: Purpose, now: datetime) -> OneTimeSecret | None:
    """Uses the secret up: one caller gets it, all others None. Call it in the transaction that does what the secret is
    for. Also resets the address's count of wrong codes."""
    secret = one_time_secrets.consume(secret_id, purpose, now)
    if secret is not None:
        wrong_code_counts.forget(secret.email)
    return secret
