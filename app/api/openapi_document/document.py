"""Builds the OpenAPI document: info, paths, components."""

from typing import Annotated, Any

from flask import Flask, render_template

from app.api.openapi_document import problem_schemas, security_schemes
from app.api.openapi_document.operations import Operation, operations
from app.api.openapi_document.problem_schemas import Problem
from app.api.openapi_document.responses import HEADERS, responses
from app.api.openapi_document.schemas import Schema, schemas_of
from app.api.openapi_document.tags import TAGS
from app.config import VERSION, Settings
from app.domain import paging
from app.http.field_types import InvitationId, KeyId, NoteId, OrgId, PersonId, field

#: The types of path parameters.
SEGMENTS = {"org": OrgId, "key": KeyId, "person": PersonId, "invitation": InvitationId, "note": NoteId}
_LIMIT = Annotated[int, field("The maximum number of items on the page.", minimum=1, maximum=paging.MAX_LIMIT)]
_CURSOR = Annotated[
    str,
    field(
        "The `next_cursor` of the previous page. Leave it out for the first page.", maxLength=paging.MAX_CURSOR_LENGTH
    ),
]


def document(app: Flask) -> dict[str, Any]:
    """The OpenAPI document of this application with its current settings."""
    settings: Settings = app.extensions["runtime"].settings
    described = list(operations(app))
    found = _problems(described)
    bodies = [operation.route_docs.body for operation in described if operation.route_docs.body]
    answers = [operation.answer for operation in described if operation.answer is not None]
    others = [kind for operation in described for kind in operation.route_docs.other_errors.values()]
    details = [problem.details for problem in found if problem.details]
    schemas, components = schemas_of([*bodies, *answers, *others, *details, *SEGMENTS.values(), _LIMIT, _CURSOR])
    components["Scope"] = {
        "title": "Scope",
        "type": "string",
        "enum": list(settings.policy.scopes),
        "description": "\n".join(f"- `{scope.name}`: {scope.description}" for scope in settings.policy.scopes.values()),
    }
    for problem in found:
        empty: Schema = {"type": "object", "examples": [{}]}
        components[problem.component] = problem_schemas.schema(problem, schemas.get(problem.details, empty))

    paths: dict[str, dict[str, Any]] = {}
    for operation in described:
        item = paths.setdefault(operation.path, {})
        item[operation.method.lower()] = _operation(operation, settings, schemas, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Keydesk",
            "version": VERSION,
            "summary": "Issues API keys to people, agents and CI bots, and verifies them.",
            "description": render_template("agents/introduction.md", settings=settings),
            "contact": {"name": "The operator of this server", "url": settings.public_url},
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "externalDocs": {"description": "How an agent gets a key", "url": f"{settings.public_url}/auth.md"},
        "servers": [{"url": settings.public_url}],
        "tags": [
            {"name": name, "description": TAGS[name]}
            for name in dict.fromkeys(operation.group for operation in described)
        ],
        "paths": paths,
        "components": {
            "schemas": components,
            "headers": HEADERS,
            "securitySchemes": security_schemes.schemes(settings),
        },
    }


def _operation(
    operation: Operation, settings: Settings, schemas: dict[Any, Schema], components: dict[str, Schema]
) -> dict[str, Any]:
    scope = security_schemes.required_scope(operation.guard, settings.policy, operation.method, operation.path)
    needs = [f"Required scope: `{scope}`."] if scope else []
    found = {
        "tags": [operation.group],
        "operationId": operation.name,
        "summary": operation.summary,
        "description": "\n\n".join([text for text in (operation.text, *needs) if text]),
        "security": security_schemes.requirement(operation.guard),
        "x-required-scope": scope,
        "parameters": _parameters(operation, schemas),
        "responses": responses(operation, schemas, components),
    }
    body = operation.route_docs.body
    if body is not None:
        content: dict[str, Any] = {"schema": schemas[body], "example": dict(operation.route_docs.example)}
        is_required = any(part.is_required() for part in body.model_fields.values())
        found["requestBody"] = {"required": is_required, "content": {body.media_type: content}}
    return {name: part for name, part in found.items() if part or name == "security"}


def _parameters(operation: Operation, schemas: dict[Any, Schema]) -> list[dict[str, Any]]:
    in_path = [name.strip("{}") for name in operation.path.split("/") if name.startswith("{")]
    found = [_parameter("path", name, schemas[SEGMENTS[name]], required=True) for name in in_path]
    if operation.route_docs.paging is not None:
        found.append(_parameter("query", "limit", schemas[_LIMIT] | {"default": operation.route_docs.paging}))
        found.append(_parameter("query", "cursor", schemas[_CURSOR]))
    for name, text in (*operation.guard.query.items(), *operation.route_docs.query.items()):
        found.append(_parameter("query", name, {"type": "string", "description": text}))
    return found


def _parameter(place: str, name: str, schema: Schema, *, required: bool = False) -> dict[str, Any]:
    plain = {word: value for word, value in schema.items() if word != "description"}
    return {"name": name, "in": place, "required": required, "description": schema["description"], "schema": plain}


def _problems(described: list[Operation]) -> list[Problem]:
    """Each error once."""
    return list({problem.component: problem for operation in described for problem in operation.problems()}.values())
