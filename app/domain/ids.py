"""IDs of Keydesk's objects: impossible to guess, with a prefix that tells people what kind of object it is."""

import secrets

from app.domain import base62


def new_id(noun: str) -> str:
    """`noun`, an underscore and 128 random bits in base62, e.g. `org_0Tq…` (docs/adr/0003-ids.md)."""
    return f"{noun}_{base62.encode(secrets.randbits(128), 22)}"
