"""A form that was refused: its page comes back with what was typed, and names what is wrong."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import make_response
from flask_limiter import RateLimitExceeded
from werkzeug.wrappers import Response

from app.domain.errors import DomainError, Forbidden, UnknownScope, ValidationFailed
from app.domain.key_policy import OutsideKeyPolicy
from app.domain.key_settings_ceiling import WiderThanSet
from app.http import request_context
from app.http.change_rate_limit import rate_limited
from app.http.problem_details import headers_of, status_of

View = TypeVar("View", bound=Callable[..., Any])
#: In the place of a field: what is wrong with the request as a whole, such as a limit.
WHOLE_FORM = ""
#: Settings whose fields in the form have another ID.
_FIELD_IDS = {"expires_at": "expires", "rate_limit": "rate_limit.requests"}


def answer(page: str, error: DomainError) -> Response:
    """The page, with the status and the headers of the error (such as `Retry-After`)."""
    status = status_of(error)
    return make_response(
        page, status, headers_of(error, status, request_context.runtime().settings.resource_metadata_url)
    )


def problems_of(error: DomainError) -> dict[str, str]:
    """What is wrong, by the HTML ID of the field."""
    if isinstance(error, WiderThanSet | OutsideKeyPolicy | ValidationFailed):
        return {_FIELD_IDS.get(name, name): problem for name, problem in error.fields.items()}
    return {"scopes" if isinstance(error, UnknownScope | Forbidden) else WHOLE_FORM: error.detail}


def problems_of_whole(error: DomainError) -> dict[str, str]:
    """As `problems_of`, in a form without settings of a key: what has no field concerns the whole form."""
    return error.fields if isinstance(error, ValidationFailed) else {WHOLE_FORM: error.detail}


def also_over_limit(page: Callable[..., str]) -> Callable[[View], View]:
    """For a view with `limit_changes`: over the limit, its form comes back too. `page` makes it from the problems and
    the arguments of the view."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answered(**arguments: str) -> Response:
            try:
                return cast(Response, view(**arguments))
            except RateLimitExceeded as exceeded:
                if (error := rate_limited(exceeded)) is None:
                    raise
                return answer(page(problems_of(error), **arguments), error)

        return cast(View, answered)

    return decorate
