"""Install IDs are deprecated; every response to one says since when and until when (RFC 9745, RFC 8594)."""

from datetime import UTC, datetime

#: The last moment at which install IDs are accepted.
SUNSET = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
HEADER = "x-install-id"
#: The values of the headers `Deprecation` (1 January 2026) and `Sunset` (the moment of `SUNSET`).
DEPRECATION, SUNSET_DATE = "@1767225600", "Thu, 31 Dec 2026 23:59:59 GMT"


def deprecation_headers(public_url: str) -> list[tuple[str, str]]:
    """`Deprecation`, `Sunset`, and a `Link` to the migration page."""
    return [
        ("Deprecation", DEPRECATION),
        ("Sunset", SUNSET_DATE),
        ("Link", f'<{public_url}/install-ids>; rel="deprecation"; type="text/html"'),
    ]
