"""The responses of an operation: its success, and an error for each status that it can fail with."""

from itertools import groupby
from typing import Any

from app.api.openapi_document.operations import Operation
from app.api.openapi_document.problem_schemas import Problem
from app.api.openapi_document.schemas import REFERENCE, Schema, example_of
from app.domain.errors import AmbiguousCredentials, InsufficientScope
from app.domain.install_id_sunset import SUNSET_DATE

PROBLEM = "application/problem+json"

#: Response headers, by their name under `components`.
HEADERS: dict[str, Any] = {
    "X-Request-Id": {
        "description": "The ID by which your operator finds this request in the log.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9a-f]{12}-[0-9]+$"},
    },
    "Cache-Control": {
        "description": "Responses must not be cached.",
        "required": True,
        "schema": {"const": "no-store"},
    },
    "WWW-Authenticate": {
        "description": "Which credential to use (RFC 6750 3): `error` says what is wrong with the one that was sent, "
        "`scope` which scope is missing, and `resource_metadata` is the URL of the protected resource metadata "
        "(RFC 9728 5.1).",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next attempt.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "RateLimit-Policy": {
        "description": 'The rate limit, e.g. `"default";q=100;w=60`: 100 requests in 60 seconds.',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'What is left of it, e.g. `"default";r=0;t=30`: no requests for 30 seconds.',
        "schema": {"type": "string"},
    },
    "Location": {"description": "The URL of the redirect.", "required": True, "schema": {"type": "string"}},
    "Deprecation": {
        "description": "For requests with an install ID: since when install IDs are deprecated (RFC 9745).",
        "schema": {"type": "string"},
    },
    "Sunset": {
        "description": f"For requests with an install ID: `{SUNSET_DATE}` (RFC 8594).",
        "schema": {"type": "string"},
    },
    "Link": {
        "description": "For requests with an install ID: how to move to an API key.",
        "schema": {"type": "string"},
    },
}
_ALWAYS = ("X-Request-Id", "Cache-Control")
_OF_STATUS = {
    303: ("Location",),
    429: ("Retry-After", "RateLimit-Policy", "RateLimit"),
    503: ("Retry-After",),
}
#: The error codes, other than those with 401, that carry a challenge.
_CHALLENGES = {AmbiguousCredentials.error_code, InsufficientScope.error_code}


def responses(operation: Operation, schemas: dict[Any, Schema], components: dict[str, Schema]) -> dict[str, Any]:
    docs = operation.route_docs
    found: dict[int, Any] = {status: {"description": text} for status, text in docs.empty.items()}
    if operation.answer is not None:
        schema = schemas[operation.answer]
        found[docs.status] = {"description": "Success.", "content": _json(schema, example_of(schema, components))}
    for status, group in groupby(operation.problems(), key=lambda problem: problem.status):
        found[status] = _refusal(list(group))
    for status, kind in docs.other_errors.items():
        content = _json(schemas[kind], example_of(schemas[kind], components))
        found[status]["content"] = content | found[status]["content"]
    challenged = {
        problem.status for problem in operation.problems() if problem.status == 401 or problem.code in _CHALLENGES
    }
    legacy = ("Deprecation", "Sunset", "Link") if "apiKey" in operation.guard.opened_by else ()
    for status, answer in found.items():
        names = (
            *_ALWAYS,
            *_OF_STATUS.get(status, ()),
            *(("WWW-Authenticate",) if status in challenged else ()),
            *legacy,
        )
        answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return {str(status): found[status] for status in sorted(found)}


def _refusal(problems: list[Problem]) -> dict[str, Any]:
    text = "\n".join(f"- `{problem.code}`: {problem.detail}" for problem in problems)
    references = [{"$ref": f"{REFERENCE}{problem.component}"} for problem in problems]
    schema = references[0] if len(references) == 1 else {"oneOf": references}
    return {"description": text, "content": {PROBLEM: {"schema": schema}}}


def _json(schema: Schema, example: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema, "example": example}}
