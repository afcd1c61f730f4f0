"""Sign-in with a mailed link."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from app.domain.errors import LinkSpent
from app.domain.mail_kinds import MailKind
from app.domain.one_time_secrets import Purpose
from app.domain.secret import Secret
from app.domain.sign_up_admission import admits
from app.services import new_organization, one_time_secrets, outbox, sessions
from app.services.outbox import UNKNOWN, Asker
from app.services.runtime import Runtime
from app.store import invitations, memberships, people
from app.store import one_time_secrets as secret_store
from app.store.people import Person
from app.store.transaction import take_turns, transaction


@dataclass(frozen=True, slots=True)
class RequestedLink:
    expires_at: datetime
    #: None: the address may not sign in. The response must not show it.
    token: Secret | None


@dataclass(frozen=True, slots=True)
class PendingLink:
    """A link that is still valid."""

    email: str
    #: SHA-256 of a cookie of the browser that asked for the link. None: it sent no cookie.
    browser: str | None


@dataclass(frozen=True, slots=True)
class SpentLink:
    """A link that was used or has expired: for whom it was, and where it led."""

    email: str
    next_path: str | None


@dataclass(frozen=True, slots=True)
class SignInResult:
    """`session_token` is the value of the session cookie, handed out once."""

    session_token: Secret
    next_path: str | None
    email: str


def request_link(
    runtime: Runtime,
    *,
    email: str,
    client: str,
    browser: str | None = None,
    next_path: str | None = None,
    asker: Asker = UNKNOWN,
    for_developer: bool = False,
    known_browser: bool = False,
) -> RequestedLink:
    """Mails a link to `email` if it may sign in. Rows, response and work are the same for every address.

    `client`: who asks, as limits count clients. `for_developer`: the link is shown in dev mode, to somebody on this
    machine, who may ask more often. `known_browser`: it has signed in with this address before. Raises
    `ValidationFailed` if `email` is not an address, and `RateLimited`; a refused request counts in no window.
    """
    issued = one_time_secrets.request(
        runtime,
        Purpose.LINK,
        email=email,
        client=client,
        may_receive=partial(may_sign_in, runtime),
        browser=browser,
        next_path=next_path,
        asker=asker,
        for_developer=for_developer,
        known_browser=known_browser,
    )
    return RequestedLink(issued.expires_at, issued.plaintext)


def peek(runtime: Runtime, token: str) -> PendingLink:
    """The link with this token, without using it up. Raises `LinkForged` and `LinkSpent`."""
    secret = secret_store.get(runtime.links.read(token), Purpose.LINK)
    if secret is None or secret.used_at is not None or secret.expires_at <= runtime.clock():
        raise LinkSpent
    return PendingLink(secret.email, secret.browser)


def spent(runtime: Runtime, token: str) -> SpentLink | None:
    """The link with this token, whether it still works or not, to send a new one like it. None: it is too old to be on
    record. Raises `LinkForged`."""
    secret = secret_store.get(runtime.links.read(token), Purpose.LINK)
    return SpentLink(secret.email, secret.next_path) if secret else None


def redeem(
    runtime: Runtime,
    token: str,
    *,
    address: str,
    user_agent: str,
    replaces: str | None = None,
    known_browser: bool = False,
) -> SignInResult:
    """Uses the link up and opens a session. A first sign-in creates the person, and an organization of their own unless
    they are invited to one. One after all their organizations were deleted creates a new one.

    `replaces`: the session cookie that the browser had before; that session ends. `known_browser`: it has signed in
    with this address before; otherwise the person is told by mail. Raises `LinkForged` and `LinkSpent`:
    of any number of calls with the same link, exactly one succeeds.
    """
    secret_id = runtime.links.read(token)
    old = sessions.resume(runtime, replaces) if replaces else None
    with transaction():
        now = runtime.clock()
        secret = one_time_secrets.redeem(secret_id, Purpose.LINK, now)
        if secret is None:
            raise LinkSpent
        take_turns(f"person:{secret.email}")
        person = people.locked_by_email(secret.email)
        if not may_sign_in(runtime, person, secret.email):
            raise LinkSpent
        is_new = person is None
        if person is None:
            person = sign_up(runtime, secret.email, now)
        elif _lost_all(runtime, person):
            new_organization.first_organization(runtime, person, now)
        if old is not None:
            memberships.lock_organizations(person.id, old.person_id)
            sessions.close_session(old.person_id, old.email, old.session_id, now)
        session_token = sessions.open_session(
            runtime, person_id=person.id, email=person.email, now=now, address=address, user_agent=user_agent
        )
        if not (is_new or known_browser):
            _tell_of_new_browser(runtime, person, Asker(address, user_agent), now)
    return SignInResult(session_token, secret.next_path, person.email)


def _tell_of_new_browser(runtime: Runtime, person: Person, browser: Asker, now: datetime) -> None:
    """The limits on links bound these mails, too: each takes a link that was mailed before."""
    outbox.notify(runtime, MailKind.NEW_BROWSER, person.email, now=now, asker=browser)


def may_sign_in(runtime: Runtime, person: Person | None, email: str) -> bool:
    """Whether somebody with this address gets mail and may sign in. Costs the same for every address."""
    sign_up = runtime.settings.sign_up
    is_invited = sign_up == "invited" and invitations.is_invited(email, runtime.clock())
    if person is not None:
        return person.disabled_at is None
    return admits(sign_up, email, is_invited=is_invited)


def _lost_all(runtime: Runtime, person: Person) -> bool:
    """Whether all the person's organizations were deleted lately, and they may have a new one."""
    return (
        memberships.has_deleted(person.id)
        and not memberships.of_person(person.id)
        and new_organization.may_create_another(runtime, person)
    )


def sign_up(runtime: Runtime, email: str, now: datetime) -> Person:
    """A new person: with an organization of their own, or without one if they are invited to one or may not have it.
    Joins the caller's transaction."""
    person = people.add(email, now)
    # The invitation that admitted them can have ended since: that does not let them have one.
    if new_organization.may_create(runtime, email) and not invitations.is_invited(email, now):
        new_organization.first_organization(runtime, person, now)
    return person
