"""`/guide` and `/guide/agents`: how to get, send and look after a key. Made from the live settings and policy."""

from flask import Blueprint, render_template

from app.domain import errors, forward_auth
from app.domain.errors import DomainError
from app.domain.install_id_sunset import SUNSET
from app.http import request_context
from app.http.body_limit import MAX_BODY
from app.http.guards import Public, RequireScope
from app.http.problem_details import status_of
from app.services import device_grants
from app.web import snippets

blueprint = Blueprint("guide", __name__, url_prefix="/guide")

#: What a request with a key can meet: at a route of ours, and at an API behind forward-auth. `Forbidden` is for roles
#: of people, and install IDs are on a page of their own.
_REFUSALS: tuple[type[DomainError], ...] = (
    *(kind for kind in RequireScope.errors if kind not in {errors.Forbidden, errors.InstallIdSunset}),
    forward_auth.NotListed,
    forward_auth.NotCanonical,
    errors.DatabaseDown,
)
#: What follows the error's own message, which cannot know it.
_WAYS_OUT: dict[type[DomainError], str] = {
    forward_auth.NotCanonical: "Dot segments, double or encoded slashes, and semicolons can.",
    errors.RateLimited: "The header Retry-After says for how many seconds.",
}


def _explained(kind: type[DomainError]) -> str:
    """In the words of the response, as far as they are the same for every request."""
    if issubclass(kind, errors.MissingCredential):
        return kind.no_key
    return f"{kind.message} {_WAYS_OUT.get(kind, '')}".strip()


@blueprint.get("")
@Public("the same guide for everybody")
def show() -> str:
    """What a key is, how to send it, what it may do, and what to do when it is refused."""
    settings = request_context.runtime().settings
    return render_template(
        "guide/show.html",
        settings=settings,
        call=snippets.route_for(list(settings.policy.scopes)),
        refusals=sorted((status_of(kind), kind.error_code, _explained(kind)) for kind in _REFUSALS),
        max_body=MAX_BODY,
        install_id_sunset=SUNSET,
    )


@blueprint.get("/agents")
@Public("the same guide for everybody")
def agents() -> str:
    """What people do so that an agent gets a key; `/auth.md` says what the agent does."""
    settings = request_context.runtime().settings
    policy = settings.policy
    narrow = (name for name, scope in policy.scopes.items() if not (scope.grants or scope.operators_only))
    return render_template(
        "guide/agents.html",
        settings=settings,
        narrow=next(narrow, policy.default_scopes[0]),
        lifetime=int(device_grants.LIFETIME.total_seconds()),
    )
