"""Scopes and routes: what a key can be allowed to do, and which scope and how many credits each route needs."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from app.domain.errors import UnknownScope, ValidationFailed

#: Bytes of a key's scopes, separated by spaces. The identity headers of a key, of which a name takes up to 1200 bytes
#: (100 characters, four bytes each, percent-encoded), must fit into the 4 KiB that proxies read headers into.
MAX_SCOPES_LENGTH = 2000
_PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
#: A scope-token of RFC 6749 3.3. Scopes are sent in headers, and separated by spaces there.
_SCOPE_NAME = re.compile(r"[!#-\[\]-~]+")
#: The rows that a WebSocket handshake must satisfy: it is a GET, too.
_HANDSHAKE = ("WEBSOCKET", "GET")


class PolicyError(ValueError):
    """The policy file is not valid; the text says where and why."""


class UnknownPolicyField(PolicyError):
    """A misspelt field would silently have no effect: `costs = 500` would make a route free. `table`: the header of the
    table that has it, and which of the tables with this header; None: it stands before all tables."""

    def __init__(self, place: str, name: str, known: set[str], table: tuple[str, int] | None) -> None:
        self.name, self.table = name, table
        super().__init__(f"{place}: unknown field {name}; known are {', '.join(sorted(known))}")


@dataclass(frozen=True, slots=True)
class Scope:
    name: str
    description: str
    grants: tuple[str, ...] = ()
    #: Whether only the command line gives it to a key.
    operators_only: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the route table. `cost` is in credits."""

    method: str
    path: str
    #: Empty, which no key has, if the route is public.
    scope: str
    cost: int = 0
    #: Whether forward-auth lets every request pass, without a key.
    public: bool = False


@dataclass(frozen=True)
class Policy:
    """The content of `POLICY_FILE`, checked."""

    scopes: Mapping[str, Scope]
    default_scopes: tuple[str, ...]
    routes: tuple[Route, ...]

    @cached_property
    def _granted_by(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(_closure(name, self.scopes)) for name in self.scopes}

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], Route]]:
        return [(_pattern(route.path), route) for route in self.routes]

    def granted(self, scopes: Iterable[str]) -> frozenset[str]:
        """`scopes` and all scopes that they include. A scope that is no longer in the policy allows nothing."""
        return self._granted(tuple(scopes))

    @cached_property
    def _granted(self) -> Callable[[tuple[str, ...]], frozenset[str]]:
        return lru_cache(maxsize=4096)(self._with_included)

    def _with_included(self, scopes: tuple[str, ...]) -> frozenset[str]:
        return frozenset().union(*(self._granted_by.get(name, ()) for name in scopes))

    def satisfied(self, scopes: Iterable[str]) -> frozenset[str]:
        """Every `Route.scope` that a key with `scopes` satisfies: what is granted, and for handshakes two scopes
        together. The same object each time."""
        return self._satisfied(tuple(scopes))

    @cached_property
    def _satisfied(self) -> Callable[[tuple[str, ...]], frozenset[str]]:
        return lru_cache(maxsize=4096)(self._with_pairs)

    def _with_pairs(self, scopes: tuple[str, ...]) -> frozenset[str]:
        granted = self.granted(scopes)
        return granted | {_both(*pair) for pair in self._handshake_pairs if granted.issuperset(pair)}

    @cached_property
    def _handshake_pairs(self) -> set[tuple[str, str]]:
        """The scopes that a handshake can need together."""
        scopes = {method: {route.scope for route in self.routes if route.method == method} for method in _HANDSHAKE}
        return {(one, other) for one in scopes["WEBSOCKET"] for other in scopes["GET"] if one != other}

    @cached_property
    def route(self) -> Callable[[str, str], Route | None]:
        """The first row that matches a method and path, or None; HEAD counts as GET. Results are cached."""
        return lru_cache(maxsize=4096)(self._first_that_fits)

    def _first_that_fits(self, method: str, path: str) -> Route | None:
        method = "GET" if method == "HEAD" else method
        for pattern, route in self._patterns:
            if route.method == method and pattern.fullmatch(path):
                return route
        return None

    @cached_property
    def handshake(self) -> Callable[[str], Route | None]:
        """What a WebSocket handshake for a path needs: its `WEBSOCKET` row and its `GET` row, or the one that there is.
        With both, `scope` is both scopes, separated by a space (RFC 6749 3.3), and `cost` the higher one. Results are
        cached."""
        return lru_cache(maxsize=4096)(self._handshake)

    def _handshake(self, path: str) -> Route | None:
        rows = [row for row in (self._first_that_fits(method, path) for method in _HANDSHAKE) if row is not None]
        # A public row asks for nothing, so the other one decides.
        asking = [row for row in rows if not row.public] or rows
        if len(asking) < len(_HANDSHAKE) or asking[0].public:
            return asking[0] if asking else None
        websocket, get = asking
        scope = websocket.scope if websocket.scope == get.scope else _both(websocket.scope, get.scope)
        return replace(websocket, scope=scope, cost=max(websocket.cost, get.cost))

    def is_operators_only(self, scope: str) -> bool:
        """Whether `scope`, or one that it grants, is given by the command line only."""
        return any(self.scopes[name].operators_only for name in self.granted([scope]))

    def routes_opened_by(self, scope: str) -> list[Route]:
        allowed = self.granted([scope])
        return [route for route in self.routes if route.scope in allowed]

    def check_known(self, scopes: Iterable[str]) -> None:
        """Raises `UnknownScope`, which lists the scopes that exist, and `ValidationFailed` naming `scopes` if one key
        cannot have all of them."""
        scopes = tuple(dict.fromkeys(scopes))
        unknown = [name for name in scopes if name not in self.scopes]
        if unknown:
            raise UnknownScope(
                f"Unknown scope: {', '.join(unknown)}. Choose from: {', '.join(self.scopes)}.",
                unknown=unknown,
                known=list(self.scopes),
            )
        if (length := _length(scopes)) > MAX_SCOPES_LENGTH:
            raise ValidationFailed(
                {
                    "scopes": f"are {length} bytes long together; the maximum is {MAX_SCOPES_LENGTH}."
                    " Choose fewer, or one that includes several"
                }
            )


def parse_policy(document: Mapping[str, Any]) -> Policy:
    """The policy in a parsed TOML document. Raises `PolicyError`."""
    _refuse_unknown("the file", document, {"default_scopes", "scopes", "routes"}, None)
    scopes = {name: _scope(name, entry) for name, entry in document.get("scopes", {}).items()}
    for scope in scopes.values():
        for granted in scope.grants:
            if granted not in scopes:
                raise PolicyError(f"scopes.{scope.name}: grants {granted!r}, which is not a scope in this file")
    defaults = tuple(document.get("default_scopes", ()))
    if not defaults or not set(defaults) <= scopes.keys():
        raise PolicyError("default_scopes: list at least one scope, and only scopes in this file")
    if _length(defaults) > MAX_SCOPES_LENGTH:
        raise PolicyError(f"default_scopes: must be at most {MAX_SCOPES_LENGTH} bytes long together")
    routes = tuple(_route(number, entry, scopes) for number, entry in enumerate(document.get("routes", []), 1))
    policy = Policy(scopes, defaults, routes)
    if any(map(policy.is_operators_only, defaults)):
        raise PolicyError("default_scopes: people get these, so none may be operators_only or grant such a scope")
    return policy


def _scope(name: str, entry: Mapping[str, Any]) -> Scope:
    if not _SCOPE_NAME.fullmatch(name):
        raise PolicyError(
            f"scopes.{name!r}: rename it; the name of a scope may have ASCII letters, digits and punctuation, but no"
            ' spaces, " or \\ (RFC 6749 3.3)'
        )
    _refuse_unknown(f"scopes.{name}", entry, {"description", "grants", "operators_only"}, (f"scopes.{name}", 1))
    if not isinstance(entry.get("description"), str):
        raise PolicyError(f"scopes.{name}: description is missing or not a string")
    operators_only = entry.get("operators_only", False)
    if not isinstance(operators_only, bool):
        raise PolicyError(f"scopes.{name}: operators_only must be true or false")
    return Scope(name, entry["description"], tuple(entry.get("grants", ())), operators_only)


def _route(number: int, entry: Mapping[str, Any], scopes: Mapping[str, Scope]) -> Route:
    place = f"routes, entry {number}"
    _refuse_unknown(place, entry, {"method", "path", "scope", "cost", "public"}, ("routes", number))
    if entry.get("public", False) is not False:
        entry = _public(place, entry)
    try:
        route = Route(str(entry["method"]).upper(), str(entry["path"]), str(entry["scope"]), entry.get("cost", 0))
    except KeyError as missing:
        raise PolicyError(f"{place}: {missing.args[0]} is missing") from None
    route = replace(route, public=entry.get("public", False))
    if not route.public and route.scope not in scopes:
        raise PolicyError(f"{place}: scope {route.scope!r} is not in this file")
    if not route.path.startswith("/"):
        raise PolicyError(f"{place}: path {route.path!r} must start with /")
    if not isinstance(route.cost, int) or isinstance(route.cost, bool) or route.cost < 0:
        raise PolicyError(f"{place}: cost must be a whole number of credits, 0 or more")
    return route


def _public(place: str, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The entry of a public route with the scope that no key has."""
    if entry["public"] is not True:
        raise PolicyError(f"{place}: public must be true or false")
    if "scope" in entry or "cost" in entry:
        raise PolicyError(f"{place}: a public route has no scope and no cost, because nobody is asked for a key")
    return {**entry, "scope": ""}


def _length(scopes: Iterable[str]) -> int:
    return len(" ".join(scopes).encode())


def _refuse_unknown(place: str, entry: Mapping[str, Any], known: set[str], table: tuple[str, int] | None) -> None:
    for name in entry:
        if name not in known:
            raise UnknownPolicyField(place, name, known, table)


def _both(one: str, other: str) -> str:
    return f"{one} {other}"


def _closure(name: str, scopes: Mapping[str, Scope]) -> set[str]:
    found: set[str] = set()
    todo = [name]
    while todo:
        current = todo.pop()
        if current not in found:
            found.add(current)
            todo.extend(scopes[current].grants)
    return found


def _pattern(path: str) -> re.Pattern[str]:
    literals = _PLACEHOLDER.split(path)
    return re.compile("[^/]+".join(re.escape(part) for part in literals))
