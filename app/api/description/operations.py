"""Which routes are described: those of the URL map whose view says so, and those that are answered before Flask."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask

from app.api.description import problem_schemas
from app.api.description.problem_schemas import Problem
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
    #: Unique; what generated clients call it.
    name: str
    #: The group it stands in.
    group: str
    summary: str
    text: str
    guard: Guard
    route_docs: RouteDocs
    #: The type of a success. None: without a body.
    answer: Any = None
    has_anonymous_limit: bool = False
    #: None of the refusals that Flask makes.
    is_before_flask: bool = False

    def problems(self) -> list[Problem]:
        """Everything that can go wrong, each once."""
        kinds = [*self.guard.errors, *self.route_docs.errors]
        if self.method not in SAFE_METHODS:
            kinds.append(CrossSite)
        if self.route_docs.body and self.route_docs.body.media_type == "application/json":
            kinds += [MalformedJson, UnsupportedMediaType, ValidationFailed]
        if self.route_docs.paging:
            kinds.append(ValidationFailed)
        if self.has_anonymous_limit:
            kinds.append(RateLimited)
        always = (problem_schemas.of(DatabaseDown),) if self.is_before_flask else problem_schemas.EVERYWHERE
        found = list({problem.code: problem for problem in (*map(problem_schemas.of, kinds), *always)}.values())
        if self.is_before_flask:
            found = [told for problem in found for told in _as_proxies_take_it(problem)]
        return sorted(found, key=lambda problem: problem.status)


def _as_proxies_take_it(problem: Problem) -> list[Problem]:
    """401 and 403 are what every proxy understands (`app/wsgi/forward_auth.py`); some pass on 402 and 429."""
    if problem.status == 400:
        return [problem.under(401)]
    if problem.status in {402, 429}:
        return [problem, problem.under(403)]
    return [problem]


#: Paths that no Flask view answers: `app/wsgi/forward_auth.py` does, before Flask. Describe them here by hand.
BEFORE_FLASK = (
    Operation(
        method="GET",
        path="/v1/forward-auth",
        name="forward_auth_ask",
        group="Forward auth",
        summary="May this request pass?",
        text=inspect.cleandoc("""
            Asked by your proxy, by any method, about a request that it holds: nginx says which in `X-Original-Method`
            and `X-Original-URI`, Caddy and Traefik in `X-Forwarded-Method` and `X-Forwarded-Uri`, Envoy in the path
            below `/v1/forward-auth`. Those headers are believed with `TRUSTED_HOPS` only. The route table says which
            scope the request needs and what it costs. Allowed: 200 with `X-Auth-Key-Id`, `X-Auth-Org-Id`,
            `X-Auth-Scopes`, `X-Auth-Name` and `X-Auth-Cache-Generation`. Refused: 401 or 403; with `?status=exact`, and
            in the path form, 402 and 429 too, which otherwise stand in `X-Auth-Status`.
        """),
        guard=RequireScope(),
        route_docs=RouteDocs(
            empty={200: "The request may pass; the `X-Auth-…` headers say whose key it carries."},
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
