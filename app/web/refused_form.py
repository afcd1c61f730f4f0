"""A form that was refused: its page comes back with what was typed, and names what is wrong."""

from flask import make_response
from werkzeug.wrappers import Response

from app.domain.errors import DomainError, Forbidden, UnknownScope, ValidationFailed
from app.http import context
from app.http.problem_details import headers_of, status_of

#: In the place of a field: what is wrong with the request as a whole, such as a limit.
WHOLE_FORM = ""


def answer(page: str, error: DomainError) -> Response:
    """The page, with the status and the headers of the error (such as `Retry-After`)."""
    status = status_of(error)
    return make_response(page, status, headers_of(error, status, context.runtime().settings.resource_metadata_url))


def problems_of(error: DomainError) -> dict[str, str]:
    """What is wrong, by the HTML ID of the field."""
    if isinstance(error, ValidationFailed):
        return error.fields
    return {"scopes" if isinstance(error, UnknownScope | Forbidden) else WHOLE_FORM: error.detail}
