"""The security schemes: the credentials that routes accept, by the names that guards use."""

from typing import Any

from app.config import Settings
from app.domain.install_id_sunset import HEADER, SUNSET_DATE
from app.domain.route_policy import Policy
from app.http import cookies
from app.http.guards import Guard, RequireScope


def schemes(settings: Settings) -> dict[str, Any]:
    return {
        "apiKey": {
            "type": "apiKey",
            "in": "header",
            "name": "x-api-key",
            "description": "An API key in the `x-api-key` header. "
            f"Deprecated: an install ID in `{HEADER}`, refused after {SUNSET_DATE}.",
        },
        "apiKeyBearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": f"{settings.key_prefix}…",
            "description": "An API key as `Authorization: Bearer KEY`. `Authorization: Token KEY` works too.",
        },
        "sessionToken": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": f"{settings.session_token_prefix}…",
            "description": "A session token from `/v1/auth/email-code/verify`. It can only manage keys.",
        },
        "sessionCookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": cookies.SESSION,
            "description": "The session of a signed-in user. The browser sends it automatically.",
        },
    }


def requirement(guard: Guard) -> list[dict[str, list[str]]]:
    """The alternatives of the route: any one of these credentials. Without scopes, which validators know for OAuth
    only."""
    return [{name: []} for name in guard.opened_by]


def required_scope(guard: Guard, policy: Policy, method: str, path: str) -> str | None:
    """The scope that a key needs on this route. None: any key, or no key at all."""
    route = policy.route(method, path) if isinstance(guard, RequireScope) else None
    return route.scope if route else None
