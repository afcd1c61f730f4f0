"""Who is told about a key."""

from collections.abc import Sequence

from app.domain.member_roles import Permission, Role, allows
from app.store import key_recipients
from app.store.key_recipients import Recipient

_MANAGERS = [role for role in Role if allows(role, Permission.MANAGE_ALL_KEYS)]


def recipients(org_id: str, maker_id: str | None) -> Sequence[Recipient]:
    """Who is told about the keys that this person made: they, as long as they are a member and not disabled, else the
    owners and admins. `maker_id` None: no person did, so the keys are the organization's. Nobody in a disabled one."""
    maker = key_recipients.member(org_id, maker_id) if maker_id else None
    return [maker] if maker else key_recipients.in_roles(org_id, _MANAGERS)
