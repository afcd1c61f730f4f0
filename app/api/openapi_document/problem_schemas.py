"""The schemas of error responses: one for each error code, so that a response with another code breaks the description.

RFC 9457 problem details, as `app/http/problem_details.py` writes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Annotated, Any, NotRequired

from typing_extensions import TypedDict

from app.domain import errors
from app.domain.errors import DomainError
from app.http.field_types import KeyId, KeyName, OrgId, OrgName, field
from app.http.problem_details import HTTP_CODES, status_of

RetryAfter = Annotated[int, field("Seconds to wait before the next attempt.", 42)]


class OrganizationChoice(TypedDict):
    id: OrgId
    name: OrgName


class WrongFields(TypedDict):
    fields: Annotated[dict[str, str], field("What is wrong with each field, by its name.", {"name": "is missing"})]
    organizations: NotRequired[Annotated[list[OrganizationChoice], field("The possible values of `org_id`.")]]


class UnknownScopes(TypedDict):
    unknown: Annotated[list[str], field("The scopes that do not exist.", ["notes:admin"])]
    known: Annotated[list[str], field("The scopes that exist.", ["notes:read", "notes:write"])]


class MissingScope(TypedDict):
    required: Annotated[str, field("The scope that the route needs.", "agent:r")]
    granted: Annotated[list[str], field("The scopes that the key has.", ["cache:invalidate"])]


class KeyLimit(TypedDict):
    limit: Annotated[int, field("The number of active keys that the organization may have.", 10_000)]


class UndecidedKey(TypedDict):
    id: KeyId
    name: KeyName
    start: Annotated[str, field("The prefix and the next eight characters of the key.", "whk_90e4b318")]


class UndecidedKeys(TypedDict):
    keys: Annotated[list[UndecidedKey], field("The keys about which the request must decide.")]


class RefusedAddress(TypedDict):
    address: Annotated[str | None, field("The address that Keydesk saw. null: it is unknown.", "192.0.2.1")]


class Retry(TypedDict):
    retry_after_seconds: RetryAfter


class Remaining(TypedDict):
    remaining_attempts: Annotated[int, field("The attempts left for this code.", 4)]


class Crash(TypedDict):
    request_id: Annotated[str, field("The ID by which your operator finds the error in the log.", "9f86d081884c-1729")]


#: The type of `details` for each error. For other errors it is empty.
DETAILS: Mapping[type[DomainError], Any] = {
    errors.ValidationFailed: WrongFields,
    errors.UnknownScope: UnknownScopes,
    errors.InsufficientScope: MissingScope,
    errors.TooManyKeys: KeyLimit,
    errors.KeysUndecided: UndecidedKeys,
    errors.IpNotAllowed: RefusedAddress,
    errors.RateLimited: Retry,
    errors.OtpMaxAttempts: Retry,
    errors.OtpInvalid: Remaining,
}


@dataclass(frozen=True)
class Problem:
    """An error response. `detail` is an example; `details` is the type of that field, None for an empty object."""

    code: str
    status: int
    detail: str
    details: Any = None
    #: The name of its schema, if the error has another status here than elsewhere. None: its code.
    name: str | None = None

    @property
    def component(self) -> str:
        return self.name or self.code

    def under(self, status: int) -> "Problem":
        """The same error with the status that `app/wsgi/forward_auth.py` sends to proxies that understand few."""
        return replace(self, status=status, name=f"{self.code}_{status}")


def of(kind: type[DomainError]) -> Problem:
    return Problem(kind.error_code, status_of(kind), kind.message, DETAILS.get(kind))


#: The errors that every route can return.
EVERYWHERE = (
    Problem(HTTP_CODES[400], 400, "Keydesk does not serve this host name. The operator can add it to TRUSTED_HOSTS."),
    of(errors.NotFound),
    Problem(HTTP_CODES[413], 413, "The request body is over the limit of 64 KiB."),
    Problem("INTERNAL_ERROR", 500, "Something went wrong on our side. Try again.", Crash),
    of(errors.DatabaseDown),
)


def schema(problem: Problem, details: dict[str, Any]) -> dict[str, Any]:
    fields = {
        "type": {"const": "about:blank"},
        "title": {"const": HTTPStatus(problem.status).phrase},
        "status": {"const": problem.status},
        "detail": {
            "type": "string",
            "description": "A message for people. It may change.",
            "examples": [problem.detail],
        },
        "error_code": {"const": problem.code},
        "details": details,
    }
    return {"title": problem.component, "type": "object", "required": list(fields), "properties": fields}
