"""Who is told about a key."""

from collections.abc import Sequence

from app.domain.member_roles import Permission, Role, allows
from app.store import key_notice_recipients
from app.store.key_notice_recipients import Recipient

_MANAGERS = [role for role in Role if allows(role, Permission.MANAGE_ALL_KEYS)]


def recipients(org_id: str, owner_id: str | None) -> Sequence[Recipient]:
    """Who is told about the keys that belong to this person: they, as long as they are a member and not disabled, else
    the owners and admins. `owner_id` None: the keys belong to the organization. Nobody in a disabled one."""
    owner = key_notice_recipients.member(org_id, owner_id) if owner_id else None
    return [owner] if owner else key_notice_recipients.in_roles(org_id, _MANAGERS)
