"""Templates for a new key: scopes and an expiry to begin with. None names it: a template knows what the key may do, not
where it is used, and keys of the same name are not told apart. Policies differ, so each takes its scopes from
the policy, and is offered only if the policy has some for it that the member may give."""

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.errors import Forbidden, UnknownScope, ValidationFailed
from app.domain.route_policy import Policy
from app.http import request_context
from app.services import keys
from app.web import key_form_policy


@dataclass(frozen=True, slots=True)
class KeyTemplate:
    #: In the address of the form.
    id: str
    title: str
    purpose: str
    #: The choice of the form that it makes.
    expires: str
    #: A policy's scopes for it, of those that it is given.
    choose: Callable[[Policy, list[str]], list[str]]


@dataclass(frozen=True, slots=True)
class OfferedTemplate:
    id: str
    title: str
    purpose: str
    expires: str
    scopes: tuple[str, ...]


def _widest(policy: Policy, scopes: list[str]) -> list[str]:
    """Without those that another one of them includes."""
    widest: list[str] = []
    for scope in scopes:
        if scope not in policy.granted(widest):
            widest = [other for other in widest if other not in policy.granted([scope])]
            widest.append(scope)
    return widest


def _clearing_the_cache(_policy: Policy, scopes: list[str]) -> list[str]:
    return [scope for scope in scopes if scope == "cache:invalidate"]


def _writing(policy: Policy, scopes: list[str]) -> list[str]:
    return _widest(policy, [scope for scope in scopes if scope.endswith(":write")])


def _reading(policy: Policy, scopes: list[str]) -> list[str]:
    """Named so, and opening nothing that changes something."""
    named = [scope for scope in scopes if scope.endswith((":read", ":r"))]
    return _widest(policy, [name for name in named if {r.method for r in policy.routes_opened_by(name)} <= {"GET"}])


def _default(policy: Policy, _scopes: list[str]) -> list[str]:
    return list(policy.default_scopes)


TEMPLATES = (
    KeyTemplate("ci", "CI bot", "Empties the cache after a deployment", "90", _clearing_the_cache),
    KeyTemplate("back-end", "Back end", "A server that reads and writes", "365", _writing),
    KeyTemplate("read-only", "Read-only", "Reports and dashboards; changes nothing", "90", _reading),
    KeyTemplate("agent", "Agent", "An AI agent that works for you", "30", _default),
)


def offered() -> list[OfferedTemplate]:
    policy = request_context.runtime().settings.policy
    may_give = [scope for scope in policy.scopes if _may_give([scope])]
    with_scopes = [(template, template.choose(policy, may_give)) for template in TEMPLATES]
    rules = key_form_policy.of_organization()
    return [
        OfferedTemplate(
            template.id,
            template.title,
            template.purpose,
            key_form_policy.within(rules, template.expires),
            tuple(scopes),
        )
        for template, scopes in with_scopes
        if scopes and _may_give(scopes)
    ]


def _may_give(scopes: list[str]) -> bool:
    """Whether the member may make a key with all of these."""
    try:
        keys.refuse_ungrantable(request_context.runtime(), request_context.member(), scopes)
    except (Forbidden, UnknownScope, ValidationFailed):
        return False
    return all(map(key_form_policy.may_give, scopes))
