"""How often somebody may ask for links, codes and test tokens, try codes, invite others and make organizations.

Exact sliding windows, counted in the database, so that all processes share them.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from app.domain import email_address
from app.domain.sliding_window_log import Window
from app.store import sign_in_attempts
from app.store.transaction import take_turns


class Attempt(StrEnum):
    """What is counted; each has windows of its own."""

    LINK = "link"
    #: A link that dev mode shows to a developer on this machine.
    DEV_LINK = "dev_link"
    #: Codes for session tokens and for agent sign-up share one budget: they reach the same mailbox.
    CODE = "code"
    TEST_TOKEN = "trial_token"  # noqa: S105 -- a name
    DEVICE_CODE = "device_code"
    #: A wrong user code of a device grant; right ones do not count.
    DEVICE_GUESS = "device_guess"
    #: Counted by the organization that invites, in the place of the client.
    INVITATION = "invitation"
    #: A further organization that a person makes.
    ORGANIZATION = "organization"


@dataclass(frozen=True, slots=True)
class Limit:
    """A window, and whether it counts by email address, by client or by both. `kept`: how many of its quota are for
    browsers that have signed in with the address before."""

    window: Window
    by_email: bool = False
    by_client: bool = False
    kept: int = 0

    def window_of(self, *, known_browser: bool) -> Window:
        return self.window if known_browser else replace(self.window, quota=self.window.quota - self.kept)


LIMITS: dict[Attempt, tuple[Limit, ...]] = {
    # By address and client first, so that one attacker does not use up the address's own limit; and many attackers
    # together do not use up what is kept of it.
    Attempt.LINK: (
        Limit(Window("link", 5, 3600), by_email=True, by_client=True),
        Limit(Window("link-address", 30, 3600), by_email=True, kept=5),
        Limit(Window("link-client", 30, 3600), by_client=True),
    ),
    Attempt.DEV_LINK: (Limit(Window("link-dev", 100, 3600), by_client=True),),
    Attempt.CODE: (
        Limit(Window("code-minute", 1, 60), by_email=True),
        Limit(Window("code-address", 5, 3600), by_email=True),
        Limit(Window("code-client", 10, 3600), by_client=True),
    ),
    Attempt.TEST_TOKEN: (Limit(Window("test-token", 20, 3600), by_client=True),),
    Attempt.DEVICE_CODE: (Limit(Window("device", 20, 3600), by_client=True),),
    # RFC 8628 5.1 considers five attempts safe for a code of this length.
    Attempt.DEVICE_GUESS: (
        Limit(Window("device-guess", 10, 3600), by_email=True),
        Limit(Window("device-guess-client", 30, 3600), by_client=True),
    ),
    Attempt.INVITATION: (
        Limit(Window("invitation", 20, 86_400), by_client=True),
        # Many organizations together do not fill a mailbox.
        Limit(Window("invitation-address", 10, 86_400), by_email=True),
    ),
    Attempt.ORGANIZATION: (
        Limit(Window("organizations", 5, 3600), by_email=True),
        Limit(Window("organizations-client", 20, 3600), by_client=True),
    ),
}

#: What sends a mail: all tags of a mailbox share its windows.
_MAILS = frozenset({Attempt.LINK, Attempt.CODE, Attempt.INVITATION})


def take(kind: Attempt, *, client: str, now: datetime, email: str | None = None, known_browser: bool = False) -> None:
    """Counts an attempt. `known_browser`: it has signed in with this address before. Raises `RateLimited` if a window
    is full; a refused attempt counts in none."""
    check(kind, client=client, now=now, email=email, known_browser=known_browser)
    count(kind, client=client, now=now, email=email)


def check(kind: Attempt, *, client: str, now: datetime, email: str | None = None, known_browser: bool = False) -> None:
    """As `take`, but counts nothing. Others who attempt this for the address or from the client wait until the
    transaction ends."""
    email = email and _counted(kind, email)
    take_turns(*(_turn(kind, who) for who in (email, client) if who))
    for limit in LIMITS[kind]:
        window = limit.window_of(known_browser=known_browser)
        wait = _wait(kind, limit, window, now, email=email, client=client)
        if wait is not None:
            what = "invitations" if kind is Attempt.INVITATION else "attempts"
            raise window.exceeded(f"Too many {what}. Try again in {_in_words(wait)}.", wait)


def count(kind: Attempt, *, client: str, now: datetime, email: str | None = None) -> None:
    """Counts an attempt that `check` let through."""
    sign_in_attempts.add(kind, email=email and _counted(kind, email), client=client, at=now)


def wait_for_address(kind: Attempt, email: str, now: datetime) -> int:
    """Seconds until one more attempt is allowed for this address; at least 1."""
    email = _counted(kind, email)
    limits = [limit for limit in LIMITS[kind] if limit.by_email and not limit.by_client]
    return max([1, *(wait for limit in limits if (wait := _wait(kind, limit, limit.window, now, email=email)))])


def take_turns_for(kind: Attempt, email: str) -> None:
    """Makes others who attempt this for the address wait until the transaction ends."""
    take_turns(_turn(kind, _counted(kind, email)))


def _wait(
    kind: Attempt, limit: Limit, window: Window, now: datetime, *, email: str | None, client: str | None = None
) -> int | None:
    times = sign_in_attempts.times_since(
        window.opens(now),
        kind,
        email=email if limit.by_email else None,
        client=client if limit.by_client else None,
        limit=window.quota,
    )
    return window.retry_after(times, now)


def _counted(kind: Attempt, email: str) -> str:
    """The address as the windows of `kind` count it."""
    return email_address.mailbox(email) if kind in _MAILS else email


def _turn(kind: Attempt, who: str) -> str:
    return f"{kind}:{who}"


def _in_words(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} seconds"
    return f"{-(-seconds // 60)} minutes" if seconds < 7200 else f"{-(-seconds // 3600)} hours"
