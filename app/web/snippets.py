"""What a snippet of code calls: a route that a key opens, at an address that is known."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from flask import current_app

from app.domain.plural import counted
from app.domain.route_policy import Route
from app.http import request_context
from app.http.guards import scoped_routes

_PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
#: Of a path, what need not be percent-encoded (RFC 3986 3.3); braces mark what people replace.
_PATH_CHARACTERS = "/{}:@!$&'()*+,;=~"
_SAMPLE_HINT = ("A sample API answers it, in dev mode only.",)


@dataclass(frozen=True, slots=True)
class Call:
    """A request. `url` is ASCII without spaces."""

    method: str
    url: str
    #: What to know about it: sentences.
    hints: tuple[str, ...] = ()
    #: The scope that a key needs for it. None: any key may make it.
    scope: str | None = None


def route_for(scopes: Sequence[str]) -> Call:
    """What a key with these scopes can call: of the routes that it opens, one that reads rather than changes, and one
    of the guarded API (the first of `API_URLS`, or the sample API) rather than one of Keydesk's own. Without either,
    and for a key that opens no route, `/v1/me`, which any key may call."""
    settings = request_context.runtime().settings
    own = _rows(scoped_routes(current_app))
    opened = sorted(_opened_by(scopes), key=lambda route: (route.method != "GET", route in own, *_effort(route)))
    if not settings.api_urls and (sample := _rows(scoped_routes(current_app, sample=True))):
        opened = [route for route in opened if route in own | sample]
        if opened:
            is_sample = opened[0] in sample
            return _call(opened[0], settings.public_url, _SAMPLE_HINT if is_sample else ())
    if not settings.api_urls or not opened:
        guarded = [route for route in opened if route not in own]
        hints = ("Any key may call this route; it answers what the key is.", *_elsewhere(guarded))
        return Call("GET", f"{settings.public_url}/v1/me", hints)
    if opened[0] in own:
        return _call(opened[0], settings.public_url)
    return _call(opened[0], settings.api_urls[0], _other_addresses(settings.api_urls[1:]))


def _rows(routes: Sequence[tuple[str, str]]) -> set[Route | None]:
    policy = request_context.runtime().settings.policy
    return {policy.route(method, path) for method, path in routes}


def _opened_by(scopes: Sequence[str]) -> list[Route]:
    """The rows of the policy that decide about their own path, and that a plain request can satisfy."""
    policy = request_context.runtime().settings.policy
    granted = policy.granted(scopes)
    return [
        route
        for route in policy.routes
        if route.scope in granted and route.method != "WEBSOCKET" and policy.route(route.method, route.path) == route
    ]


def _effort(route: Route) -> tuple[bool, int]:
    """The less, the better to begin with: nothing to fill in, no credits."""
    return bool(_PLACEHOLDER.search(route.path)), route.cost


def _call(route: Route, origin: str, hints: tuple[str, ...] = ()) -> Call:
    placeholders = _PLACEHOLDER.findall(route.path)
    filled_in = (f"Replace {' and '.join(placeholders)}.",) if placeholders else ()
    cost = (f"It costs {counted(route.cost, 'credit')}.",) if route.cost else ()
    return Call(
        route.method, origin + quote(route.path, safe=_PATH_CHARACTERS), (*filled_in, *cost, *hints), route.scope
    )


def _other_addresses(urls: Sequence[str]) -> tuple[str, ...]:
    return (f"The route may be at another of your APIs instead: {', '.join(urls)}.",) if urls else ()


def _elsewhere(guarded: list[Route]) -> tuple[str, ...]:
    return (f"Call your API in the same way, for example {guarded[0].method} {guarded[0].path}.",) if guarded else ()
