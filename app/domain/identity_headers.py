"""The headers by which forward-auth tells the API behind it whose key it was."""

from functools import lru_cache
from urllib.parse import quote

from app.domain.key_verification import KeyRecord

IDENTITY_HEADERS = ("X-Auth-Key-Id", "X-Auth-Org-Id", "X-Auth-Scopes", "X-Auth-Name", "X-Auth-Cache-Generation")


def identity_headers(record: KeyRecord | None) -> list[tuple[str, str]]:
    """The headers for the upstream. All of them are always set, to `-` without a value, so that none can be forged."""
    if record is None:
        return [(name, "-") for name in IDENTITY_HEADERS]
    return [
        ("X-Auth-Key-Id", record.key_id),
        ("X-Auth-Org-Id", record.org_id),
        ("X-Auth-Scopes", " ".join(record.scopes) or "-"),
        ("X-Auth-Name", _quoted(record.name)),
        ("X-Auth-Cache-Generation", str(record.cache_generation)),
    ]


@lru_cache(maxsize=4096)
def _quoted(name: str) -> str:
    return quote(name, safe="")
