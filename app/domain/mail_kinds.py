"""The kinds of mail, by the names of their templates: which go first, and which their recipient may switch off."""

from enum import StrEnum


class MailKind(StrEnum):
    SIGN_IN_LINK = "sign_in_link"
    EMAIL_CODE = "email_code"
    SIGN_UP_CODE = "sign_up_code"
    CODES_PAUSED = "codes_paused"
    NEW_BROWSER = "new_browser"
    ADDRESS_CHANGED = "address_changed"
    INVITATION = "invitation"
    ORGANIZATION_DELETED = "organization_deleted"
    KEY_ENDS = "key_ends"
    KEYS_EXPIRE = "keys_expire"
    KEYS_CHANGED = "keys_changed"
    AUDIT_SEAL = "audit_seal"


#: Somebody waits for these and they expire within minutes, so they are sent before all others, which are notices.
URGENT = frozenset({MailKind.SIGN_IN_LINK, MailKind.EMAIL_CODE, MailKind.SIGN_UP_CODE})
#: What is sent until somebody switches it off.
SWITCHABLE = (MailKind.KEYS_EXPIRE, MailKind.KEY_ENDS)
#: What people choose; these mails say where. All others are about who gets at an account or a key: whoever got in must
#: not be able to silence them.
CHOSEN = frozenset({*SWITCHABLE, MailKind.AUDIT_SEAL})


def priority(mail: str) -> int:
    """The place of a mail in the outbox: lower ones are sent first."""
    return 0 if mail in URGENT else 1
