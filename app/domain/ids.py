"""IDs of Keydesk's objects: impossible to guess, with a prefix that tells people what kind of object it is."""

import re
import secrets

from app.domain import base62

_ID = re.compile(r"[a-z]{2,8}_[0-9A-Za-z]{22}")


def is_id(text: str) -> bool:
    """Whether it has the form of our IDs. Keys are longer, and install IDs have another one."""
    return _ID.fullmatch(text) is not None


def new_id(noun: str) -> str:
    """`noun`, an underscore and 128 random bits in base62, e.g. `org_0Tq…` (docs/adr/0003-ids.md)."""
    return f"{noun}_{base62.encode(secrets.randbits(128), 22)}"
