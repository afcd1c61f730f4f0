"""Every one-time secret: links and codes, their limits, their single use. Purposes are kept apart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.errors import OtpExpired, OtpInvalid, OtpMaxAttempts, RateLimited
from app.domain.ids import new_id
from app.domain.one_time_secrets import Purpose
from app.domain.sliding_window import Window
from app.services import outbox
from app.services.runtime import Runtime
from app.store import code_failures, one_time_secrets, people
from app.store.one_time_secrets import OneTimeSecret
from app.store.transaction import take_turns, transaction

CODES = (Purpose.EMAIL_CODE, Purpose.SIGN_UP_CODE)
ATTEMPTS = {Purpose.EMAIL_CODE: 5, Purpose.SIGN_UP_CODE: 10}

#: Wrong codes in a row, across codes, after which codes pause for an address: five tries an hour for a year would
#: otherwise find one of a million.
PAUSE_AFTER = 100
PAUSE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """A window, and whether it counts by address, by client or by both."""

    window: Window
    by_email: bool = False
    by_client: bool = False


#: Links count per address and client first, so that an attacker who spends his own share does not lock the owner out.
LINK_LIMITS = (
    Limit(Window("link", 5, 3600), by_email=True, by_client=True),
    Limit(Window("link-address", 30, 3600), by_email=True),
    Limit(Window("link-client", 30, 3600), by_client=True),
)
CODE_LIMITS = (
    Limit(Window("code-minute", 1, 60), by_email=True),
    Limit(Window("code-address", 5, 3600), by_email=True),
    Limit(Window("code-client", 10, 3600), by_client=True),
)
TEST_TOKEN_LIMITS = (Limit(Window("test-token", 20, 3600), by_client=True),)
#: Wrong codes of devices. RFC 8628 5.1 takes five tries at a code of this length for few enough.
DEVICE_GUESS_LIMITS = (
    Limit(Window("device-guess", 10, 3600), by_email=True),
    Limit(Window("device-guess-client", 30, 3600), by_client=True),
)

#: What shares one budget, and its limits.
BUDGETS: dict[Purpose, tuple[tuple[Purpose, ...], tuple[Limit, ...]]] = {
    Purpose.LINK: ((Purpose.LINK,), LINK_LIMITS),
    Purpose.EMAIL_CODE: (CODES, CODE_LIMITS),
    Purpose.SIGN_UP_CODE: (CODES, CODE_LIMITS),
    Purpose.TEST_TOKEN: ((Purpose.TEST_TOKEN,), TEST_TOKEN_LIMITS),
    Purpose.DEVICE_GUESS: ((Purpose.DEVICE_GUESS,), DEVICE_GUESS_LIMITS),
}


@dataclass(frozen=True, slots=True)
class Issued:
    """`plaintext` is the link's token or the code; None when the address gets no mail."""

    expires_at: datetime
    plaintext: str | None


def enter(purpose: Purpose, *, email: str, client: str, now: datetime) -> None:
    """Takes turns with everybody who asks for this address or from this client, and raises `RateLimited` when one of
    the purpose's windows is full. A refused request counts in none."""
    purposes, limits = BUDGETS[purpose]
    take_turns(_turns_of(purposes, email), _turns_of(purposes, client))
    for limit in limits:
        who = {"email": email} if limit.by_email else {}
        who |= {"client": client} if limit.by_client else {}
        wait = _wait(purposes, limit.window, now, **who)
        if wait is not None:
            raise RateLimited(
                f"Too many requests of this kind. The next one is possible in {_in_words(wait)}.",
                policy=limit.window.name,
                quota=limit.window.quota,
                window=limit.window.seconds,
                retry_after=wait,
            )


def count(purpose: Purpose, *, email: str, client: str, now: datetime) -> None:
    """A row for the limits of a purpose that has no secret. Call it inside a transaction, after `enter`."""
    one_time_secrets.add(purpose=purpose, email=email, client=client, now=now, expires_at=now, deliverable=False)


def issue(
    runtime: Runtime,
    purpose: Purpose,
    *,
    email: str,
    client: str,
    now: datetime,
    send: bool,
    lifetime: int,
    browser: str | None = None,
    next_path: str | None = None,
) -> Issued:
    """A new secret and its mail: the same rows for every address. Call it inside a transaction, after `enter`.

    `lifetime` in seconds. Raises `OtpMaxAttempts` while codes pause for the address.
    """
    if purpose in CODES:
        _refuse_while_paused(email, now)
    secret_id = new_id("ots")
    code, digest = runtime.codes.make(purpose, secret_id) if purpose in CODES else (None, None)
    expires_at = now + timedelta(seconds=lifetime)
    one_time_secrets.add(
        secret_id=secret_id,
        purpose=purpose,
        email=email,
        client=client,
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
    )
    plaintext = code or runtime.links.sign(secret_id)
    return Issued(expires_at, plaintext if send else None)


MAILS = {Purpose.LINK: "sign_in_link", Purpose.EMAIL_CODE: "email_code", Purpose.SIGN_UP_CODE: "sign_up_code"}


def try_code(runtime: Runtime, purpose: Purpose, email: str, code: str) -> str:
    """The id of the secret whose code this is; `redeem` uses it up. Counts the try first, in a transaction of its own.

    Raises `OtpInvalid`, `OtpExpired` and `OtpMaxAttempts`: the same for an address that was never mailed.
    """
    secret = _count(runtime, purpose, email)
    digest = secret.digest or ""
    if runtime.codes.matches(code, purpose, secret.id, digest) and secret.deliverable:
        return secret.id
    raise OtpInvalid(ATTEMPTS[purpose] - secret.attempts)


def redeem(secret_id: str, purpose: Purpose, now: datetime) -> OneTimeSecret | None:
    """Uses the secret up: of any number of callers one gets it, the others None. Call it inside the transaction of what
    it is good for. A right code or link ends the count of wrong ones."""
    secret = one_time_secrets.consume(secret_id, purpose, now)
    if secret is not None:
        code_failures.forget(secret.email)
    return secret


def _count(runtime: Runtime, purpose: Purpose, email: str) -> OneTimeSecret:
    """The pending secret, this try counted. Every refusal is raised after the count is committed; the try that makes
    codes pause tells the owner in the same transaction, so that no crash comes between."""
    with transaction():
        # Or several that find ninety-nine would all be counted.
        take_turns(_turns_of(CODES, email))
        now = runtime.clock()
        paused = _paused_for(email, now)
        secret = one_time_secrets.newest(email, purpose)
        pending = secret is not None and secret.used_at is None and secret.expires_at > now
        counted = None
        if paused is None and secret is not None and pending:
            counted = one_time_secrets.count_attempt(secret.id, most=ATTEMPTS[purpose], now=now)
            if counted is not None:
                secret.attempts = counted
                if code_failures.count(email, now) == PAUSE_AFTER:
                    _tell_owner(runtime, email, now)
        wait = paused or _next_code(email, now)
    if paused is not None or (pending and counted is None):
        raise OtpMaxAttempts(wait)
    if secret is None or counted is None:
        raise OtpExpired
    return secret


def _paused_for(email: str, now: datetime) -> int | None:
    """Seconds for which codes still pause, or None. A pause that is over is forgotten."""
    row = code_failures.of(email)
    if row is None or row.failures < PAUSE_AFTER:
        return None
    left = int((row.last_at + PAUSE - now).total_seconds())
    if left <= 0:
        code_failures.forget(email)
        return None
    return left


def _refuse_while_paused(email: str, now: datetime) -> None:
    paused = _paused_for(email, now)
    if paused is not None:
        raise OtpMaxAttempts(paused)


def _tell_owner(runtime: Runtime, email: str, now: datetime) -> None:
    code_failures.mark_told(email, now)
    known = people.by_email(email) is not None
    outbox.enqueue(
        mail="codes_paused",
        recipient=email,
        secret_id=None,
        now=now,
        expires_at=now + PAUSE,
        send=known and runtime.settings.has_mail,
    )


def _next_code(email: str, now: datetime) -> int:
    """Seconds until a new code may be asked for; at least 1."""
    waits = [_wait(CODES, limit.window, now, email=email) for limit in CODE_LIMITS if limit.by_email]
    return max([1, *(wait for wait in waits if wait)])


def _wait(purposes: Iterable[Purpose], window: Window, now: datetime, **who: str) -> int | None:
    asked = one_time_secrets.asked_since(window.opens(now), purposes=purposes, most=window.quota, **who)
    return window.retry_after(asked, now)


def _turns_of(purposes: Sequence[Purpose], who: str) -> str:
    return f"{purposes[0]}:{who}"


def _in_words(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 120 else f"{-(-seconds // 60)} minutes"
