"""The rate limits on requests that take rights away, by person and by client.

Organizations share the turns of those who revoke equally (`services.fair_revocation_queue`); these limits keep one
person, or one address with many free accounts, from having many shares.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import g
from flask_limiter import RateLimitExceeded

from app.domain.errors import RateLimited
from app.extensions import limiter
from app.http import rate_limited_error, request_context

View = TypeVar("View", bound=Callable[..., Any])
CHANGES_OF_PERSON = "20 per second"
#: More than a person's, so that one person does not use up what others at the same address need.
CHANGES_OF_CLIENT = "40 per second"
_PERSON, _CLIENT = "changes-person", "changes-client"


def limit_changes(view: View) -> View:
    """For a view behind a guard that finds a member, a key manager or a key."""
    # The person's first: who is over it takes nothing from others at the same address.
    by_person = limiter.shared_limit(lambda: CHANGES_OF_PERSON, scope=_PERSON, key_func=_who)(view)
    limited = cast(View, limiter.shared_limit(lambda: CHANGES_OF_CLIENT, scope=_CLIENT)(by_person))
    setattr(limited, "has_change_limit", True)  # noqa: B010 -- a test looks for it on every view that changes rights
    return limited


def _who() -> str:
    """The person who is signed in or whose agent this is. Keys are no people: their organization counts."""
    if "member" in g:
        return request_context.member().person_id
    return request_context.manager().person_id if "manager" in g else request_context.key().org_id


def rate_limited(error: RateLimitExceeded) -> RateLimited | None:
    """What somebody over one of these limits is told, or None if it is another limit."""
    if error.limit.scope not in {_PERSON, _CLIENT}:
        return None
    return rate_limited_error.rate_limited(
        error,
        "Too many keys were revoked or changed by you or from your address. Nothing was changed; try again in a"
        " second.",
    )
