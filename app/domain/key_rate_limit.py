"""The rate limit of a key: at most `requests` requests in any `window_seconds` seconds."""

from dataclasses import dataclass

from app.domain.errors import ValidationFailed

#: The name of the limit of keys in `RateLimit-Policy`; other limits have others.
POLICY = "default"
MAX_REQUESTS = 1_000_000
MAX_WINDOW_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class RateLimit:
    requests: int
    window_seconds: int

    @property
    def policy(self) -> str:
        """The value of `RateLimit-Policy` (IETF draft httpapi-ratelimit-headers-11)."""
        return f'"{POLICY}";q={self.requests};w={self.window_seconds}'


@dataclass(frozen=True, slots=True)
class RateState:
    """What is left of a limit. `reset_seconds`: seconds until more is left."""

    limit: RateLimit
    remaining: int
    reset_seconds: int

    def headers(self) -> list[tuple[str, str]]:
        return [
            ("RateLimit-Policy", self.limit.policy),
            ("RateLimit", f'"{POLICY}";r={self.remaining};t={self.reset_seconds}'),
        ]


def checked(limit: RateLimit | None) -> RateLimit | None:
    """The limit itself, if it is within bounds. Raises `ValidationFailed` naming `rate_limit.requests`,
    `rate_limit.window_seconds` or both."""
    if limit is None:
        return None
    problems = {}
    if not 1 <= limit.requests <= MAX_REQUESTS:
        problems["rate_limit.requests"] = f"must be from 1 to {MAX_REQUESTS}"
    if not 1 <= limit.window_seconds <= MAX_WINDOW_SECONDS:
        problems["rate_limit.window_seconds"] = f"must be from 1 to {MAX_WINDOW_SECONDS} (one day)"
    if problems:
        raise ValidationFailed(problems)
    return limit
