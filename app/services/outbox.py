"""The outbox: the transaction that wants a mail sent writes a row, and a background job sends it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.one_time_secrets import Purpose
from app.domain.secret import Secret
from app.services.runtime import Runtime
from app.store import one_time_secrets, outbox
from app.store.transaction import transaction

#: Seconds until the next attempt. Each is longer than a delivery can take: a mail that is being sent is not sent again.
RETRY_AFTER = (30, 60, 120, 240, 300)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be sent now. `token` is the secret in it, which is made just before and not stored."""

    mail: str
    recipient: str
    token: Secret
    expires_at: datetime


def enqueue(
    *, mail: str, recipient: str, secret_id: str | None, now: datetime, expires_at: datetime, send: bool
) -> None:
    """Adds a mail in the caller's transaction. With `send` False the row is written, too, but never sent: an address
    that gets no mail costs the same work as one that does."""
    outbox.add(
        mail=mail,
        recipient=recipient,
        secret_id=secret_id if send else None,
        now=now,
        expires_at=expires_at,
        due_at=now if send else None,
    )


def send_next(runtime: Runtime, deliver: Callable[[Letter], None]) -> bool:
    """Sends the mail that has waited longest, and returns whether there was one. An error of `deliver` is not raised
    but recorded, and the mail is tried again until it expires."""
    letter = _claim(runtime)
    if letter is None:
        return False
    mail_id, content = letter
    try:
        deliver(content)
    except Exception as error:  # noqa: BLE001 -- whatever SMTP raises, the row must record it and be tried again
        with transaction():
            # The class only: SMTP responses quote addresses and text.
            outbox.mark_failed(mail_id, type(error).__name__)
    else:
        with transaction():
            outbox.mark_sent(mail_id, runtime.clock())
    return True


def _claim(runtime: Runtime) -> tuple[str, Letter] | None:
    """The next mail to send, or None. Its next attempt is scheduled before it is sent, so that no other sender takes it
    meanwhile. Expired mails are dropped on the way."""
    now = runtime.clock()
    with transaction():
        while (row := outbox.next_due(now)) is not None:
            if row.expires_at <= now:
                row.due_at = row.secret_id = None
                row.last_error = "Expired"
                continue
            wait = RETRY_AFTER[min(row.attempts, len(RETRY_AFTER) - 1)]
            again = now + timedelta(seconds=wait)
            row.attempts += 1
            row.due_at = again if again < row.expires_at else None
            token = _plaintext(runtime, row.secret_id) if row.secret_id else Secret("")
            return row.id, Letter(row.mail, row.recipient, token, row.expires_at)
    return None


def _plaintext(runtime: Runtime, secret_id: str) -> Secret:
    """The link's token or the code, made just for this mail."""
    secret = one_time_secrets.by_id(secret_id)
    if secret is None:
        return Secret("")
    if secret.digest is None:
        return runtime.links.sign(secret_id)
    return runtime.codes.again(Purpose(secret.purpose), secret_id, secret.digest)
