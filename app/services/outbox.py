"""The outbox: a mail is a row in the transaction that wants it sent, and a background sender does the rest."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.one_time_secrets import Purpose
from app.domain.secret import Secret
from app.services.runtime import Runtime
from app.store import one_time_secrets, outbox
from app.store.transaction import transaction

#: Seconds until the next try. Each is longer than one delivery may take, so that a mail under way is not sent twice.
RETRY_AFTER = (30, 60, 120, 240, 300)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be sent now. `token` is the secret that it carries, made for this moment and kept nowhere."""

    mail: str
    recipient: str
    token: Secret
    expires_at: datetime


def enqueue(
    *, mail: str, recipient: str, secret_id: str | None, now: datetime, expires_at: datetime, send: bool
) -> None:
    """Joins the caller's transaction. With `send` False the row is written all the same, and never sent: an address
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
    """Tries the mail that waited longest; whether there was one. Raises nothing that `deliver` raises: it is noted and
    tried again later, until the mail is of no more use."""
    letter = _claim(runtime)
    if letter is None:
        return False
    mail_id, content = letter
    try:
        deliver(content)
    except Exception as error:  # noqa: BLE001 -- whatever SMTP does, the row must say so and be tried again
        with transaction():
            # The kind only: SMTP answers quote addresses and text.
            outbox.mark_failed(mail_id, type(error).__name__)
    else:
        with transaction():
            outbox.mark_sent(mail_id, runtime.clock())
    return True


def _claim(runtime: Runtime) -> tuple[str, Letter] | None:
    """Moves the mail's next try ahead before it is sent, so that no other sender takes it meanwhile. Those that are too
    old are dropped on the way."""
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
    """The link's token or the code, made for this moment."""
    secret = one_time_secrets.by_id(secret_id)
    if secret is None:
        return Secret("")
    if secret.digest is None:
        return runtime.links.sign(secret_id)
    return runtime.codes.again(Purpose(secret.purpose), secret_id, secret.digest)
