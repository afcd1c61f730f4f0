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


class PolicyError(ValueError):
    """The policy file is not valid; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Scope:
    name: str
    description: str
    grants: tuple[str, ...] = ()


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
        """`scopes` and all scopes that they include; the same object each time. A scope that is no longer in the policy
        allows nothing."""
        return self._granted(tuple(scopes))

    @cached_property
    def _granted(self) -> Callable[[tuple[str, ...]], frozenset[str]]:
        return lru_cache(maxsize=4096)(self._union)

    def _union(self, scopes: tuple[str, ...]) -> frozenset[str]:
        return frozenset().union(*(self._granted_by.get(name, ()) for name in scopes))

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
    return Policy(scopes, defaults, routes)


def _scope(name: str, entry: Mapping[str, Any]) -> Scope:
    if not isinstance(entry.get("description"), str):
        raise PolicyError(f"scopes.{name}: description is missing or not a string")
    return Scope(name, entry["description"], tuple(entry.get("grants", ())))


def _route(number: int, entry: Mapping[str, Any], scopes: Mapping[str, Scope]) -> Route:
    place = f"routes, entry {number}"
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
