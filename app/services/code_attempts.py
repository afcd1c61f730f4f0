"""Attempts to enter a mailed code: each is counted before the code is compared, and too many wrong ones in a row pause
codes for the address."""

from datetime import datetime, timedelta

from app.domain.errors import OtpExpired, OtpInvalid, OtpMaxAttempts
from app.domain.mail_kinds import MailKind
from app.domain.one_time_secrets import CODE_TRIES, Purpose
from app.services import outbox, sign_in_limits
from app.services.runtime import Runtime
from app.services.sign_in_limits import Attempt
from app.store import one_time_secrets, people, wrong_code_counts
from app.store.one_time_secrets import OneTimeSecret
from app.store.transaction import transaction

#: How many wrong codes in a row, across codes, pause codes for an address. Without the pause, five guesses at each of
#: five codes an hour, as the limits allow, would find one within a year with a probability of 20 %.
PAUSE_AFTER = 100
PAUSE = timedelta(days=1)


def try_code(runtime: Runtime, purpose: Purpose, email: str, code: str) -> str:
    """The ID of the secret with this code, for `one_time_secrets.redeem`. Counts the attempt first, in a transaction of
    its own.

    Raises `OtpInvalid`, `OtpExpired` and `OtpMaxAttempts`, in the same way for an address that gets no mail.
    """
    secret = _count(runtime, purpose, email)
    digest = secret.digest or ""
    if runtime.codes.matches(code, purpose, secret.id, digest) and secret.deliverable:
        return secret.id
    raise OtpInvalid(CODE_TRIES[purpose] - secret.attempts)


def refuse_while_paused(email: str, now: datetime) -> None:
    """Raises `OtpMaxAttempts`."""
    paused = _paused_for(email, now)
    if paused is not None:
        raise OtpMaxAttempts(paused)


def _count(runtime: Runtime, purpose: Purpose, email: str) -> OneTimeSecret:
    """The pending secret, with this attempt counted. Errors are raised after the count is committed. The attempt that
    pauses codes also queues the mail to the owner, in the same transaction, so that no crash comes between."""
    with transaction():
        # Otherwise several attempts that all find 99 failures would all be compared.
        sign_in_limits.take_turns_for(Attempt.CODE, email)
        now = runtime.clock()
        paused = _paused_for(email, now)
        secret = one_time_secrets.newest(email, purpose)
        pending = secret is not None and secret.used_at is None and secret.expires_at > now
        counted = None
        if paused is None and secret is not None and pending:
            counted = one_time_secrets.count_attempt(secret.id, most=CODE_TRIES[purpose], now=now)
            if counted is not None:
                secret.attempts = counted
                if wrong_code_counts.count(email, now) == PAUSE_AFTER:
                    _tell_owner(runtime, email, now)
        wait = paused or sign_in_limits.wait_for_address(Attempt.CODE, email, now)
    if paused is not None or (pending and counted is None):
        raise OtpMaxAttempts(wait)
    if secret is None or counted is None:
        raise OtpExpired
    return secret


def _paused_for(email: str, now: datetime) -> int | None:
    """Seconds for which codes are still paused, or None. Deletes a pause that is over."""
    row = wrong_code_counts.of(email)
    if row is None or row.failures < PAUSE_AFTER:
        return None
    left = int((row.last_at + PAUSE - now).total_seconds())
    if left <= 0:
        wrong_code_counts.forget(email)
        return None
    return left


def _tell_owner(runtime: Runtime, email: str, now: datetime) -> None:
    wrong_code_counts.mark_told(email, now)
    known = people.by_email(email) is not None
    outbox.notify(runtime, MailKind.CODES_PAUSED, email, now=now, expires_at=now + PAUSE, wanted=known)
