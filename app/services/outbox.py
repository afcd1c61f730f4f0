"""The outbox: the transaction that wants a mail sent writes a row, and a background job sends it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter

from app.domain import mail_kinds
from app.domain.mail_kinds import MailKind
from app.domain.one_time_secrets import Purpose
from app.domain.rfc3339 import rfc3339
from app.domain.secret import Secret
from app.services.runtime import Runtime
from app.store import one_time_secrets, outbox
from app.store.transaction import transaction

log = logging.getLogger("keydesk")

#: Seconds until the next attempt. Each is longer than a delivery can take: a mail that is being sent is not sent again.
RETRY_AFTER = (30, 60, 120, 240, 300)
#: How long it is tried to send a notice. A later one would be old news, or the next one is about to come.
NOTICE_KEPT = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asked for a mail, as far as the request says: the IP address and the User-Agent. Empty: unknown."""

    address: str = ""
    program: str = ""


UNKNOWN = Asker()


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be sent now. `token` is the secret in it, which is made just before and not stored."""

    mail: str
    recipient: str
    token: Secret
    expires_at: datetime
    asker: Asker
    asked_at: datetime
    about: str = ""


class DeliveryFailed(Exception):
    """`kind`: what went wrong, without an address or a text. `for_good`: the server will never take this mail."""

    def __init__(self, kind: str, *, for_good: bool = False) -> None:
        self.kind, self.for_good = kind, for_good
        super().__init__(kind)


@dataclass(frozen=True, slots=True)
class _Claimed:
    mail_id: str
    letter: Letter
    #: None: this attempt is the last one.
    next_attempt: datetime | None


def enqueue(
    *,
    mail: str,
    recipient: str,
    secret_id: str | None,
    now: datetime,
    expires_at: datetime,
    send: bool,
    asker: Asker = UNKNOWN,
    about: str | None = None,
) -> None:
    """Adds a mail in the caller's transaction. With `send` False the row is written, too, but never sent: an address
    that gets no mail costs the same work as one that does."""
    outbox.add(
        mail=mail,
        recipient=recipient,
        priority=mail_kinds.priority(mail),
        secret_id=secret_id if send else None,
        now=now,
        expires_at=expires_at,
        due_at=now if send else None,
        asked_from=asker.address or None,
        asked_with=asker.program or None,
        about=about,
    )


def notify(
    runtime: Runtime,
    mail: MailKind,
    recipient: str,
    *,
    now: datetime,
    expires_at: datetime | None = None,
    wanted: bool = True,
    asker: Asker = UNKNOWN,
    about: str | None = None,
) -> None:
    """Adds a mail that holds no secret, in the caller's transaction. It is not sent any more after `expires_at`, by
    default `NOTICE_KEPT` from now; without a mail server, or if it is not `wanted`, it is not sent at all."""
    enqueue(
        mail=mail,
        recipient=recipient,
        secret_id=None,
        now=now,
        expires_at=expires_at or now + NOTICE_KEPT,
        send=wanted and runtime.settings.has_mail,
        asker=asker,
        about=about,
    )


def send_next(runtime: Runtime, deliver: Callable[[Letter], None]) -> bool:
    """Sends the mail that has waited longest, links and codes before all others, and returns whether there was one. An
    error of `deliver` is not raised but recorded and logged, and the mail is tried again until it expires, unless it
    was refused for good."""
    claimed = _claim(runtime)
    if claimed is None:
        return False
    began = perf_counter()
    try:
        deliver(claimed.letter)
    except Exception as error:  # noqa: BLE001 -- whatever SMTP raises, the row must record it and be tried again
        runtime.counters.mail.add("failed", perf_counter() - began)
        _failed(claimed, error)
    else:
        runtime.counters.mail.add("sent", perf_counter() - began)
        with transaction():
            outbox.mark_sent(claimed.mail_id, runtime.clock())
    return True


def _failed(claimed: _Claimed, error: Exception) -> None:
    # Of an error that nobody expected the class only: its text may quote addresses.
    failure = error if isinstance(error, DeliveryFailed) else DeliveryFailed(type(error).__name__)
    next_attempt = None if failure.for_good else claimed.next_attempt
    with transaction():
        outbox.mark_failed(claimed.mail_id, failure.kind, for_good=next_attempt is None)
    again = f"next attempt: {rfc3339(next_attempt)}" if next_attempt else "it is not tried again"
    fields = {"event": "delivery.failed", "mail_id": claimed.mail_id}
    log.warning("mail %s was not sent: %s; %s", claimed.letter.mail, failure.kind, again, extra=fields)


def _claim(runtime: Runtime) -> _Claimed | None:
    """The next mail to send, or None. Its next attempt is scheduled before it is sent, so that no other sender takes it
    meanwhile. Expired mails are dropped on the way."""
    now = runtime.clock()
    with transaction():
        while (row := outbox.next_due(now)) is not None:
            if row.expires_at <= now:
                row.due_at = row.secret_id = None
                row.last_error = row.last_error or "Expired"
                fields = {"event": "delivery.expired", "mail_id": row.id}
                log.warning("mail %s was not sent before it expired; it is not tried again", row.mail, extra=fields)
                continue
            wait = RETRY_AFTER[min(row.attempts, len(RETRY_AFTER) - 1)]
            again = now + timedelta(seconds=wait)
            row.attempts += 1
            row.due_at = again if again < row.expires_at else None
            token = _plaintext(runtime, row.secret_id) if row.secret_id else Secret("")
            asker = Asker(row.asked_from or "", row.asked_with or "")
            letter = Letter(row.mail, row.recipient, token, row.expires_at, asker, row.created_at, row.about or "")
            return _Claimed(row.id, letter, row.due_at)
    return None


def _plaintext(runtime: Runtime, secret_id: str) -> Secret:
    """The link's token or the code, made just for this mail."""
    secret = one_time_secrets.by_id(secret_id)
    if secret is None:
        return Secret("")
    if secret.digest is None:
        return runtime.links.sign(secret_id)
    return runtime.codes.again(Purpose(secret.purpose), secret_id, secret.digest)
