"""What can go wrong, as schemas: one for each error code, so that an answer with another code breaks the description.

RFC 9457 problem details, as `app/http/problem_details.py` writes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Annotated, Any, NotRequired

from typing_extensions import TypedDict

from app.domain import errors
from app.domain.errors import DomainError
from app.http.api_fields import OrgId, OrgName, field
from app.http.problem_details import HTTP_CODES, status_of

RetryAfter = Annotated[int, field("Seconds until it is worth trying again.", 42)]


class OrganizationChoice(TypedDict):
    id: OrgId
    name: OrgName


class WrongFields(TypedDict):
    fields: Annotated[dict[str, str], field("Each field's name, and what is wrong with it.", {"name": "is missing"})]
    organizations: NotRequired[Annotated[list[OrganizationChoice], field("What `org_id` can be.")]]


class UnknownScopes(TypedDict):
    unknown: Annotated[list[str], field("What was asked for.", ["notes:admin"])]
    known: Annotated[list[str], field("What there is.", ["notes:read", "notes:write"])]


class MissingScope(TypedDict):
    required: Annotated[str, field("What the address needs.", "agent:r")]
    granted: Annotated[list[str], field("What the key has.", ["cache:invalidate"])]


class Retry(TypedDict):
    retry_after_seconds: RetryAfter


class Remaining(TypedDict):
    remaining_attempts: Annotated[int, field("How many tries are left for this code.", 4)]


class Crash(TypedDict):
    request_id: Annotated[str, field("What your operator needs to find it.", "9f86d081884c-1729")]


#: What `details` holds, by error; empty for the others.
DETAILS: Mapping[type[DomainError], Any] = {
    errors.ValidationFailed: WrongFields,
    errors.UnknownScope: UnknownScopes,
    errors.InsufficientScope: MissingScope,
    errors.RateLimited: Retry,
    errors.OtpMaxAttempts: Retry,
    errors.OtpInvalid: Remaining,
}


@dataclass(frozen=True)
class Problem:
    """`detail` is an example, `details` the type of that field. None: an empty object."""

    code: str
    status: int
    detail: str
    details: Any = None
    #: What its schema is called, where it stands under another status than elsewhere. None: as its code.
    name: str | None = None

    @property
    def component(self) -> str:
        return self.name or self.code

    def under(self, status: int) -> "Problem":
        """The same refusal as `app/wsgi/forward_auth.py` gives it to proxies that take few statuses."""
        return replace(self, status=status, name=f"{self.code}.{status}")


def of(kind: type[DomainError]) -> Problem:
    return Problem(kind.error_code, status_of(kind), kind.message, DETAILS.get(kind))


#: What every address can answer.
EVERYWHERE = (
    Problem(HTTP_CODES[400], 400, "This host name is not one that Keydesk answers to; see TRUSTED_HOSTS."),
    of(errors.NotFound),
    Problem(HTTP_CODES[413], 413, "The body is larger than 64 KiB."),
    Problem("INTERNAL_ERROR", 500, "Something went wrong on our side.", Crash),
    Problem("DATABASE_UNAVAILABLE", 503, "The database does not answer just now. Try again in a moment."),
)


def schema(problem: Problem, details: dict[str, Any]) -> dict[str, Any]:
    fields = {
        "type": {"const": "about:blank"},
        "title": {"const": HTTPStatus(problem.status).phrase},
        "status": {"const": problem.status},
        "detail": {"type": "string", "description": "For people; it may change.", "examples": [problem.detail]},
        "error_code": {"const": problem.code},
        "details": details,
    }
    return {"title": problem.component, "type": "object", "required": list(fields), "properties": fields}
