"""Session tokens of agents: short-lived, for managing keys and nothing else."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain import key_format
from app.domain.errors import InvalidKey, KeyDisabled, KeyExpired
from app.domain.secret import Secret
from app.services import audit
from app.services.runtime import Runtime
from app.store import agent_session_tokens, memberships
from app.store.agent_session_tokens import TokenHolder


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token. `token` is handed out once and not stored."""

    token: Secret
    expires_at: datetime


def issue(runtime: Runtime, person_id: str, email: str, now: datetime) -> IssuedToken:
    """A new token. Joins the caller's transaction."""
    minted = key_format.mint(runtime.settings.session_token_prefix)
    expires_at = now + timedelta(seconds=runtime.settings.session_token_lifetime)
    agent_session_tokens.add(person_id=person_id, digest=minted.digest, now=now, expires_at=expires_at)
    memberships.lock_organizations(person_id)
    for organization in memberships.of_person(person_id):
        audit.session_token_created(organization.id, at=now, actor=email, person_id=person_id)
    return IssuedToken(minted.plaintext, expires_at)


def is_session_token(runtime: Runtime, credential: str) -> bool:
    """Whether it has the prefix of session tokens; it need not be a valid one."""
    return credential.startswith(runtime.settings.session_token_prefix)


def holder(runtime: Runtime, token: str) -> TokenHolder:
    """The person whose token this is. Raises `InvalidKey`, `KeyDisabled` and `KeyExpired`."""
    if not key_format.is_well_formed(token):
        raise InvalidKey
    found = agent_session_tokens.holder(key_format.digest(token))
    if found is None:
        raise InvalidKey
    if found.disabled:
        raise KeyDisabled
    if found.expires_at <= runtime.clock():
        raise KeyExpired("This session token has expired. Ask for a new code.")
    return found
