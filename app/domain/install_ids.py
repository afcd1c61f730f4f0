"""Install ids are deprecated; every answer to one says so and until when (RFC 9745, RFC 8594)."""

from datetime import UTC, datetime

#: The last moment at which install ids work.
SUNSET = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)


def deprecation_headers(public_url: str) -> list[tuple[str, str]]:
    """Deprecated since 1 January 2026; the link leads to the migration page."""
    return [
        ("Deprecation", "@1767225600"),
        ("Sunset", "Thu, 31 Dec 2026 23:59:59 GMT"),
        ("Link", f'<{public_url}/install-ids>; rel="deprecation"; type="text/html"'),
    ]
