"""The operations of the API description: views with `RouteDocs`, and routes that respond before Flask."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask

from app.api.openapi_document import problem_schemas
from app.api.openapi_document.problem_schemas import Problem
from app.domain.errors import (
    CrossSite,
    DatabaseDown,
    Fault,
    MalformedJson,
    RateLimited,
    UnsupportedMediaType,
    ValidationFailed,
)
from app.domain.forward_auth import NotCanonical, NothingAsked, NotListed
from app.http.cross_site import SAFE_METHODS
from app.http.guards import Guard, RequireScope
from app.http.route_docs import RouteDocs

_PLACEHOLDER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Operation:
    """One method of one path, e.g. `/v1/orgs/{org}/keys`."""

    method: str
    path: str
    #: The `operationId`: unique, and the name in generated clients.
    name: str
    #: The tag.
    group: str
    summary: str
    text: str
    guard: Guard
    route_docs: RouteDocs
    #: The type of a successful response. None: no body.
    answer: Any = None
    has_anonymous_limit: bool = False
    #: Whether the route responds before Flask, so that Flask's own errors cannot happen.
    is_before_flask: bool = False

    def problems(self) -> list[Problem]:
        """Every error that can happen, each once, by status."""
        kinds = [*self.guard.errors, *self.route_docs.errors]
        if self.method not in SAFE_METHODS:
            kinds.append(CrossSite)
        if self.route_docs.body and self.route_docs.body.media_type == "application/json":
            kinds += [MalformedJson, UnsupportedMediaType]
        if self.route_docs.refuses_unknown_parameters and not self.is_before_flask:
            kinds.append(ValidationFailed)
        if self.has_anonymous_limit:
            kinds.append(RateLimited)
        always = (problem_schemas.of(DatabaseDown),) if self.is_before_flask else problem_schemas.EVERYWHERE
        found = list({problem.code: problem for problem in (*map(problem_schemas.of, kinds), *always)}.values())
        if self.is_before_flask:
            found = [told for problem in found for told in _as_proxies_take_it(problem)]
        return sorted(found, key=lambda problem: problem.status)


def _as_proxies_take_it(problem: Problem) -> list[Problem]:
    """The statuses of a forward-auth error: every proxy understands 401 and 403, only some pass on 402 and 429."""
    if problem.status == 400:
        return [problem.under(401)]
    if problem.status in {402, 429}:
        return [problem, problem.under(403)]
    return [problem]


#: Routes without a Flask view, described by hand: `app/wsgi/forward_auth.py` responds before Flask.
BEFORE_FLASK = (
    Operation(
        method="GET",
        path="/v1/forward-auth",
        name="forward_auth_ask",
        group="Forward auth",
        summary="Authorize a request for a proxy",
        text=inspect.cleandoc("""
            Your proxy calls this route, with any method, before it passes a request on. nginx names that request in
            `X-Original-Method` and `X-Original-URI`, Caddy and Traefik in `X-Forwarded-Method` and `X-Forwarded-Uri`,
            Envoy in the path after `/v1/forward-auth`. The headers are used only if `TRUSTED_HOPS` is set. The policy
            file says which scope the request needs and how many credits it costs. An allowed request gets 200 with
            `X-Auth-Key-Id`, `X-Auth-Org-Id`, `X-Auth-Scopes`, `X-Auth-Name` and `X-Auth-Cache-Generation`. A refused
            request gets 401 or 403. The statuses 402 and 429 are sent only with `?status=exact` and in Envoy's form;
            otherwise the status is 403, and `X-Auth-Status` holds the exact one.
        """),
        guard=RequireScope(),
        route_docs=RouteDocs(
            empty={200: "The request is allowed. The `X-Auth-…` headers identify its key."},
            errors=(NotCanonical, NotListed, NothingAsked, Fault),
        ),
        is_before_flask=True,
    ),
)


def operations(app: Flask) -> Iterator[Operation]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if hasattr(view, "route_docs"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield _of_view(method, rule.rule, rule.endpoint, view)
    yield from BEFORE_FLASK


def _of_view(method: str, rule: str, endpoint: str, view: Callable[..., Any]) -> Operation:
    docs: RouteDocs = view.route_docs  # type: ignore[attr-defined]
    blueprint, _, function = endpoint.removeprefix("api_").partition(".")
    summary, _, text = (inspect.getdoc(view) or "").partition("\n\n")
    return Operation(
        method=method,
        path=_PLACEHOLDER.sub(r"{\1}", rule),
        name=f"{blueprint}_{function}",
        group=blueprint.replace("_", " ").capitalize(),
        summary=summary,
        text=text,
        guard=view.guard,  # type: ignore[attr-defined]
        route_docs=docs,
        answer=None if docs.empty and docs.answer is None else docs.answer_of(view),
        has_anonymous_limit=hasattr(view, "has_anonymous_limit"),
    )
