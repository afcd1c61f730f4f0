"""The API description, and whether an answer is one that it declares."""

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from app import create_app
from app.config import load_settings
from tests.databases import SECRET

METHODS = ("get", "post", "put", "patch", "delete")
OAS = json.loads(Path(__file__).with_name("openapi-3.1.json").read_text(encoding="utf-8"))

#: Under /v1, but for browsers: it answers with pages and redirects, and is not described.
PAGE = "/v1/auth/callback"


class Description:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.operations = {
            (method.upper(), path): operation
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if method in METHODS
        }

    @cached_property
    def _registry(self) -> Registry:
        """Closed: a field that the description does not name is a fault here, though clients may meet one."""
        closed = _closed(deepcopy(dict(self.document)))
        return Registry().with_resource("urn:description", Resource(closed, DRAFT202012))

    @cache  # noqa: B019 -- there is one of these
    def validator(self, *place: str) -> Draft202012Validator:
        """For the schema at this place of the document."""
        pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in place)
        return Draft202012Validator({"$ref": f"urn:description#/{pointer}"}, registry=self._registry)

    def check(self, method: str, path: str, status: int, headers: Headers, body: bytes) -> None:
        """Fails unless the operation declares such an answer: its status, headers, content type and body."""
        what = f"{method} {path} -> {status}"
        declared = self.operations[method, path]["responses"].get(str(status))
        assert declared is not None, f"{what} is not described"
        for name in declared["headers"]:
            header = self.document["components"]["headers"][name]
            assert name in headers or not header.get("required"), f"{what} lacks {name}"
        media_type = headers.get("Content-Type", "").partition(";")[0]
        if "content" not in declared:
            return
        assert media_type in declared["content"], f"{what} answers {media_type}"
        if media_type.endswith("json"):
            place = ("paths", path, method.lower(), "responses", str(status), "content", media_type, "schema")
            self.validator(*place).validate(json.loads(body))


@cache
def everything() -> Description:
    """Of an application that has every route."""
    environ = {"DATABASE_URL": "sqlite:////nowhere/keydesk.db", "SECRET_KEY": SECRET}
    app = create_app(load_settings(environ | {"ENABLE_TEST_TOKEN_ENDPOINT": "true"}))
    return Description(app.test_client().get("/openapi.json").get_json())


class CheckedClient(FlaskClient):
    """Fails for an answer under /v1 that is not described."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Now, not after the first request: another application empties the memory of the limit on anonymous routes.
        everything()

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = super().open(*args, **kwargs)
        path, method = answer.request.path.removeprefix("/api"), answer.request.method
        rule = _rule(self.application, method, path)
        if rule:
            everything().check(method, rule, answer.status_code, answer.headers, answer.data)
        elif path == "/v1/forward-auth" or path.startswith("/v1/forward-auth/"):
            everything().check("GET", "/v1/forward-auth", answer.status_code, answer.headers, answer.data)
        elif path.startswith("/v1/") and path != PAGE and method not in {"HEAD", "OPTIONS"}:
            assert answer.status_code >= 400
            assert answer.content_type == "application/problem+json"
        return answer


def _rule(app: Flask, method: str, path: str) -> str | None:
    """As the description writes it, or None when no route of /v1 answers."""
    try:
        rule, _ = app.url_map.bind("localhost").match(path, method=method, return_rule=True)
    except HTTPException:
        return None
    described = hasattr(app.view_functions[rule.endpoint], "route_docs") and method.lower() in METHODS
    return rule.rule.replace("<", "{").replace(">", "}") if described else None


def _closed(part: Any) -> Any:
    if isinstance(part, dict):
        for inner in part.values():
            _closed(inner)
        if part.get("type") == "object" and "properties" in part:
            part.setdefault("additionalProperties", False)
    elif isinstance(part, list):
        for inner in part:
            _closed(inner)
    return part
