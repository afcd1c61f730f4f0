"""Ids of our own objects: opaque, unguessable, and readable enough to tell an organization from a key."""

import secrets

from app.domain import base62


def new_id(noun: str) -> str:
    """`noun_` and 128 random bits in base62, e.g. `org_0Tq…` (docs/adr/0003-ids.md)."""
    return f"{noun}_{base62.encode(secrets.randbits(128), 22)}"
