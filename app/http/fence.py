"""A fence around the routes that anybody may POST to. The limits of each door, counted in the database, bite first."""

from app.extensions import limiter

FENCE = "6000 per minute"

fence = limiter.shared_limit(lambda: FENCE, scope="anonymous")
