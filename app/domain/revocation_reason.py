"""Why a key was revoked."""

from enum import StrEnum


class RevocationReason(StrEnum):
    BY_HAND = "by_hand"
    LEAKED = "leaked"
    ROTATED = "rotated"
    MEMBER_REMOVED = "member_removed"
    OPERATOR = "operator"
    #: A sign-up key that cannot be derived again, because its secret was replaced.
    UNDERIVABLE = "underivable"
