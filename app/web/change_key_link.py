"""A scope that an address suggests for the form that changes a key: `?scope=`. It only ticks it; a person sends the
form."""

from typing import NamedTuple

from flask import request

from app.domain import key_settings_ceiling, member_roles
from app.domain.key_settings import KeySettings
from app.domain.key_settings_ceiling import WiderThanSet
from app.domain.key_verification import Outcome
from app.domain.member_roles import Permission
from app.http import request_context
from app.store.keys import ListedKey
from app.web import new_key_link


class SuggestedScope(NamedTuple):
    """`ticked`: the scope. None: the form does not tick it. `sentence`: why it does, or why not."""

    ticked: str | None
    sentence: str


def read(listed: ListedKey) -> SuggestedScope | None:
    """What the address of the current page suggests. None: nothing."""
    scope = request.args.get("scope", "").strip()
    if not scope:
        return None
    policy = request_context.runtime().settings.policy
    if refusal := new_key_link.why_not_given(scope):
        return SuggestedScope(None, refusal)
    if scope in policy.granted(listed.key.scopes):
        return SuggestedScope(None, f"The key already has the scope {scope}.")
    if _is_beyond_bounds(listed, scope):
        return SuggestedScope(
            None, f"An owner or admin set which scopes this key may have, without {scope}. Ask one of them to add it."
        )
    use = listed.last_use
    if use and use.refused_outcome == Outcome.INSUFFICIENT_SCOPE and use.refused_needs == scope:
        return SuggestedScope(scope, "Suggested because the last refused request needed it.")
    return SuggestedScope(scope, "Suggested by the link that you followed.")


def _is_beyond_bounds(listed: ListedKey, scope: str) -> bool:
    if member_roles.allows(request_context.member().role, Permission.MANAGE_ALL_KEYS):
        return False
    policy, wanted = request_context.runtime().settings.policy, KeySettings(scopes=(*listed.key.scopes, scope))
    try:
        key_settings_ceiling.refuse_wider(wanted, listed.key.bounds, policy)
    except WiderThanSet:
        return True
    return False
