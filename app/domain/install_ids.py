"""Install ids are deprecated; every answer to one says so and until when (RFC 9745, RFC 8594)."""

from datetime import UTC, datetime

#: The last moment at which install ids work.
SUNSET = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
HEADER = "x-install-id"
#: The headers' values: since 1 January 2026, until `SUNSET`.
DEPRECATION, SUNSET_DATE = "@1767225600", "Thu, 31 Dec 2026 23:59:59 GMT"


def deprecation_headers(public_url: str) -> list[tuple[str, str]]:
    """The link leads to the migration page."""
    return [
        ("Deprecation", DEPRECATION),
        ("Sunset", SUNSET_DATE),
        ("Link", f'<{public_url}/install-ids>; rel="deprecation"; type="text/html"'),
    ]
