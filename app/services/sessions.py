"""Browser sessions: resumed by their cookie, listed and ended by their person."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from app.domain.errors import NotFound
from app.domain.secret import Secret
from app.services import audit
from app.services.runtime import Runtime
from app.store import agent_session_tokens, device_grants, memberships, sessions
from app.store.sessions import LiveSession, Session
from app.store.transaction import transaction


def resume(runtime: Runtime, token: str) -> LiveSession | None:
    """The live session with this cookie, or None. Records that it was used."""
    now = runtime.clock()
    live = sessions.live(_digest(token), now=now, idle_since=_idle_since(runtime, now))
    if live is not None:
        runtime.usage.session_seen(live.session_id, now)
    return live


def open_session(
    runtime: Runtime, *, person_id: str, email: str, now: datetime, address: str, user_agent: str
) -> Secret:
    """Opens a session, and returns the value of its cookie. Joins the caller's transaction."""
    token = Secret(secrets.token_urlsafe(32))
    session = sessions.add(
        person_id=person_id,
        token_digest=_digest(token.reveal()),
        now=now,
        expires_at=now + timedelta(seconds=runtime.settings.session_max),
        address=address,
        user_agent=user_agent[:300],
    )
    for org_id in _locked_organizations(person_id):
        audit.session_created(org_id, at=now, actor=email, session_id=session.id)
    return token


def close_session(person_id: str, email: str, session_id: str, now: datetime) -> bool:
    """Ends a session, and returns whether it was this call that ended it. Joins the caller's transaction."""
    ended = sessions.end(session_id, person_id, now)
    if ended:
        for org_id in _locked_organizations(person_id):
            audit.session_ended(org_id, at=now, actor=email, session_id=session_id)
    return ended


def of_person(runtime: Runtime, person_id: str) -> Sequence[Session]:
    """The person's live sessions, last seen first."""
    now = runtime.clock()
    return sessions.of_person(person_id, now=now, idle_since=_idle_since(runtime, now))


def end(runtime: Runtime, person_id: str, email: str, session_id: str) -> None:
    """Ends a session. Raises `NotFound` for another person's session, and for one that has already ended."""
    with transaction():
        if not close_session(person_id, email, session_id, runtime.clock()):
            raise NotFound


def end_others(runtime: Runtime, person_id: str, email: str, session_id: str) -> int:
    """Ends all sessions of the person but this one, and returns how many ended. Session tokens of agents end too, and
    approvals of agents that have no key yet: whoever used one of the sessions may have got them. Keys stay.

    Locks grants, then sessions, then organizations, as polls and those who sign out do.
    """
    with transaction():
        now = runtime.clock()
        device_grants.deny_approved(None, person_id)
        ended = sessions.end_others(person_id, session_id, now=now, idle_since=_idle_since(runtime, now))
        agent_session_tokens.delete_all(person_id)
        if ended:
            for org_id in _locked_organizations(person_id):
                for other in ended:
                    audit.session_ended(org_id, at=now, actor=email, session_id=other)
        return len(ended)


def sign_out(runtime: Runtime, token: str | None) -> None:
    """Ends the session on the server, if there is one."""
    live = resume(runtime, token) if token else None
    if live is not None:
        with transaction():
            close_session(live.person_id, live.email, live.session_id, runtime.clock())


def _locked_organizations(person_id: str) -> Sequence[str]:
    """IDs of the person's organizations. Each gets an audit entry, so all are locked first, in the usual order."""
    memberships.lock_organizations(person_id)
    return [organization.id for organization in memberships.of_person(person_id)]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _idle_since(runtime: Runtime, now: datetime) -> datetime:
    return now - timedelta(seconds=runtime.settings.session_idle)
