"""The error about a limit that Flask-Limiter counts."""

from flask_limiter import RateLimitExceeded

from app.domain.errors import RateLimited


def rate_limited(error: RateLimitExceeded, message: str) -> RateLimited:
    """What a client over the limit is told. Its windows are fixed, so they open anew after their whole length at the
    latest."""
    limit = error.limit.limit
    seconds = limit.get_expiry()
    return RateLimited(message, policy=str(error.limit.scope), quota=limit.amount, window=seconds, retry_after=seconds)
