"""What the organization's policy makes of the forms for keys: which choices they offer, and what they say about it."""

from dataclasses import dataclass
from datetime import date

from flask import g

from app.domain import key_policy as policies
from app.domain.key_policy import KeyPolicy
from app.domain.key_settings import KeySettings
from app.domain.plural import counted
from app.http import request_context
from app.services import key_policy
from app.web import key_policy_sentences

#: What these numbers of days are called.
_NAMES = {365: "In one year"}
_USUAL_DAYS = (30, 90, 365)
#: The answer that a new form has chosen, if the policy has none of its own.
EXPIRES_BEFOREHAND = 90


@dataclass(frozen=True, slots=True)
class Hints:
    """What a form for a key says about the policy; empty where there is nothing to say."""

    expires: str
    scopes: str
    #: The last day that can be chosen.
    last_day: date | None


def of_organization() -> KeyPolicy:
    """The policy of the member's organization, read once for each request."""
    if "key_policy" not in g:
        g.key_policy = key_policy.of(request_context.member().org_id)
    found: KeyPolicy = g.key_policy
    return found


def expiries(policy: KeyPolicy) -> dict[str, str]:
    """The choices of days, and of never, that the policy allows; the default and the longest one are among them."""
    own = {days for days in (policy.default_expiry_days, policy.longest_expiry_days) if days is not None}
    most = policy.most_days
    offered = [days for days in sorted({*_USUAL_DAYS, *own}) if most is None or days <= most]
    never = {} if policy.requires_expiry else {"": "Never"}
    return {str(days): _NAMES.get(days, f"In {counted(days, 'day')}") for days in offered} | never


def chosen_beforehand(policy: KeyPolicy) -> str:
    return str(policy.default_expiry_days or min(EXPIRES_BEFOREHAND, policy.most_days or EXPIRES_BEFOREHAND))


def within(policy: KeyPolicy, expires: str) -> str:
    """A choice of the form, or the nearest one that the policy allows."""
    most = policy.most_days
    return str(most) if most is not None and (not expires or int(expires) > most) else expires


def may_give(scope: str) -> bool:
    """Whether the policy lets the member give a key this scope."""
    catalogue = request_context.runtime().settings.policy
    return of_organization().may_give(request_context.member().role, scope, catalogue)


def problems(settings: KeySettings) -> dict[str, str]:
    """What is outside of the policy, by the name of the setting."""
    runtime, role = request_context.runtime(), request_context.member().role
    return policies.problems(of_organization(), settings, role, runtime.clock(), runtime.settings.policy)


def hints() -> Hints:
    policy, member = of_organization(), request_context.member()
    last = policy.last_moment(request_context.runtime().clock())
    return Hints(
        expires=key_policy_sentences.ending(policy, member.org_name) if policy.requires_expiry else "",
        scopes=key_policy_sentences.given_by(member.role, policy.scopes_by_role.get(member.role)),
        last_day=last.date() if last else None,
    )
