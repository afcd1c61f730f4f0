"""Changes of the policy for keys in words."""

from app.domain.key_policy import KeyPolicy, to_json
from app.domain.member_roles import Role
from app.web.audit_policy_changes import in_words


def changes(old, new):
    was, becomes = to_json(old), to_json(new)
    return {name: {"old": was[name], "new": becomes[name]} for name in becomes if was[name] != becomes[name]}


def words(old, new):
    return [f"{change.part} {change.from_to}" for change in in_words(changes(old, new))]


def test_each_part_that_changed_is_named_with_what_it_was_and_becomes():
    strict = KeyPolicy(30, 365, True, {Role.MEMBER: ("agent:r", "notes:read"), Role.ADMIN: ()})
    assert words(KeyPolicy(), strict) == [
        "longest expiry from none to 365 days",
        "default expiry from none to 30 days",
        "every key has to expire from no to yes",
        "scopes that admins may give from all to none",
        "scopes that members may give from all to agent:r, notes:read",
    ]
    assert words(strict, KeyPolicy(1, 365, True, strict.scopes_by_role)) == ["default expiry from 30 days to 1 day"]


def test_parts_and_roles_that_stay_are_not_named():
    assert words(KeyPolicy(), KeyPolicy()) == []
    one, other = ({Role.ADMIN: ("agent:r",), Role.MEMBER: scopes} for scopes in (("agent:r",), None))
    limits = {role: scopes for role, scopes in other.items() if scopes is not None}
    assert words(KeyPolicy(scopes_by_role=one), KeyPolicy(scopes_by_role=limits)) == [
        "scopes that members may give from agent:r to all"
    ]
