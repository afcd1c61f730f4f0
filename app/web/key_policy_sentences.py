"""The policy of an organization for its keys, as sentences."""

from collections.abc import Sequence

from app.domain.key_policy import LIMITED_ROLES, KeyPolicy
from app.domain.member_roles import Role
from app.domain.plural import counted


def ending(policy: KeyPolicy, org_name: str) -> str:
    """How long keys live, as a sentence."""
    if policy.longest_expiry_days is not None:
        return f"Keys of {org_name} end after at most {counted(policy.longest_expiry_days, 'day')}."
    return f"Keys of {org_name} have to expire." if policy.expiry_required else f"Keys of {org_name} need not expire."


def in_words(policy: KeyPolicy, org_name: str) -> list[str]:
    """The policy, a sentence for each part of it."""
    said = [ending(policy, org_name)]
    if policy.default_expiry_days is not None:
        said.append(
            f"Unless somebody chooses otherwise, a key ends after {counted(policy.default_expiry_days, 'day')}."
        )
    limits = [given_by(role, policy.scopes_by_role.get(role)) for role in LIMITED_ROLES]
    return said + (
        [limit for limit in limits if limit] or ["Each role may give every scope that its permissions allow."]
    )


def given_by(role: Role, scopes: Sequence[str] | None) -> str:
    """Which scopes the role may give, as a sentence; empty: the policy does not limit them."""
    if scopes is None:
        return ""
    named = f"only these scopes: {', '.join(scopes)}" if scopes else "no scopes, so they cannot create keys"
    return f"{role.value.capitalize()}s may give {named}."
