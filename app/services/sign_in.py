"""Sign-in by a mailed link (`seeds`: the session-cookie page; contract, Door A)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain import emails
from app.domain.errors import LinkSpent, RateLimited
from app.domain.roles import Role
from app.domain.sign_up import admits
from app.domain.windows import Window
from app.services import audit, outbox, sessions
from app.services.desk import Desk
from app.store import one_time_secrets, organizations, people
from app.store.one_time_secrets import LINK
from app.store.people import Person
from app.store.transaction import take_turns, transaction

#: Per address and client first, so that an attacker who spends his own share does not lock the owner out.
PER_EMAIL_AND_CLIENT = Window("link", 5, 3600)
PER_EMAIL = Window("link-address", 30, 3600)
PER_CLIENT = Window("link-client", 30, 3600)


@dataclass(frozen=True, slots=True)
class LinkRequest:
    expires_at: datetime
    #: None: `SIGN_UP` refuses the address, and nobody is told.
    token: str | None


@dataclass(frozen=True, slots=True)
class PendingLink:
    """A link that would work now."""

    email: str
    #: SHA-256 of the cookie of the browser that asked. None: asked without one.
    browser: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`session_token` is the cookie's value, handed out once."""

    session_token: str
    next_path: str | None


def request_link(
    desk: Desk, *, email: str, client: str, browser: str | None = None, next_path: str | None = None
) -> LinkRequest:
    """Puts a link for `email` into the outbox: the same rows, answer and work for every address.

    `client`: who asks, as limits count it. Raises `ValidationFailed` for what is no address, and `RateLimited`, which
    counts in no window.
    """
    address = emails.normalise(email)
    with transaction():
        take_turns(f"link:{address}", f"link:{client}")
        now = desk.clock()
        _enforce_limits(address, client, now)
        person = people.by_email(address)
        send = _may_sign_in(desk, person, address)
        expires_at = now + timedelta(seconds=desk.settings.link_lifetime)
        secret = one_time_secrets.add(
            purpose=LINK,
            email=address,
            client=client,
            now=now,
            expires_at=expires_at,
            browser=browser,
            next_path=next_path,
        )
        outbox.enqueue(
            mail="sign_in_link",
            recipient=address,
            secret_id=secret.id,
            now=now,
            expires_at=expires_at,
            send=send and desk.settings.has_mail,
        )
    token = desk.links.sign(secret.id)
    return LinkRequest(expires_at, token if send else None)


def peek(desk: Desk, token: str) -> PendingLink:
    """What a link is good for, without using it. Raises `LinkForged` and `LinkSpent`."""
    secret = one_time_secrets.get(desk.links.read(token), LINK)
    if secret is None or secret.used_at is not None or secret.expires_at <= desk.clock():
        raise LinkSpent
    return PendingLink(secret.email, secret.browser)


def redeem(desk: Desk, token: str, *, address: str, user_agent: str, replaces: str | None = None) -> SignedIn:
    """Uses the link up and opens a session; a first sign-in makes the person and an organization of theirs.

    `replaces`: the session cookie that the browser had before; that session ends. Raises `LinkForged` and `LinkSpent`:
    of any number of parallel calls exactly one succeeds.
    """
    secret_id = desk.links.read(token)
    old = sessions.resume(desk, replaces) if replaces else None
    with transaction():
        now = desk.clock()
        secret = one_time_secrets.consume(secret_id, LINK, now)
        if secret is None:
            raise LinkSpent
        take_turns(f"person:{secret.email}")
        person = people.by_email(secret.email)
        if not _may_sign_in(desk, person, secret.email):
            raise LinkSpent
        if person is None:
            person = _sign_up(secret.email, now)
        if old is not None:
            organizations.lock_of(person.id, old.person_id)
            sessions.close_session(old.person_id, old.email, old.session_id, now)
        session_token = sessions.open_session(
            desk, person_id=person.id, email=person.email, now=now, address=address, user_agent=user_agent
        )
    return SignedIn(session_token, secret.next_path)


def _may_sign_in(desk: Desk, person: Person | None, email: str) -> bool:
    if person is not None:
        return person.disabled_at is None
    return admits(desk.settings.sign_up, email)


def _sign_up(email: str, now: datetime) -> Person:
    person = people.add(email, now)
    organization = organizations.add(f"{email.partition('@')[0]}’s organization", now)
    organizations.add_member(organization.id, person.id, Role.OWNER, now)
    audit.record(
        organization.id,
        at=now,
        action="organization.created",
        actor=email,
        target=organization.id,
        owner=email,
    )
    return person


def _enforce_limits(email: str, client: str, now: datetime) -> None:
    for window, who in (
        (PER_EMAIL_AND_CLIENT, {"email": email, "client": client}),
        (PER_EMAIL, {"email": email}),
        (PER_CLIENT, {"client": client}),
    ):
        asked = one_time_secrets.asked_since(window.opens(now), purpose=LINK, most=window.quota, **who)
        wait = window.retry_after(asked, now)
        if wait is not None:
            raise RateLimited(
                f"Too many sign-in links were asked for. The next one can be sent in {_in_words(wait)}.",
                policy=window.name,
                quota=window.quota,
                window=window.seconds,
                retry_after=wait,
            )


def _in_words(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} seconds"
    return f"{-(-seconds // 60)} minutes"
