"""OAuth metadata under `/.well-known/`: protected resource (RFC 9728) and authorization server (RFC 8414, RFC 8628)."""

from typing import Any
from urllib.parse import quote, urlsplit

from flask import Blueprint, request, url_for

from app.http import request_context
from app.http.guards import Public
from app.services import device_grants

blueprint = Blueprint("well_known", __name__, url_prefix="/.well-known")


#: Of a URL's path (RFC 3986 3.3), what need not be percent-encoded.
_PATH_CHARACTERS = "/:@!$&'()*+,;=~"


@blueprint.get("/oauth-protected-resource")
@blueprint.get("/oauth-protected-resource/<path:path>")
@Public("read by programs that have no key yet")
def resource(path: str = "") -> dict[str, Any]:
    """RFC 9728 2. The resource is the guarded API whose host was asked, or Keydesk itself: everything at its origin. A
    client that asks for a path (3.1) may have that for the resource, with the same keys."""
    settings = request_context.runtime().settings
    origin = settings.resource_at(request.headers.get("Host", ""))
    return {
        "resource": origin + quote(f"/{path}", safe=_PATH_CHARACTERS) if path else origin,
        "resource_name": "Keydesk" if origin == settings.public_url else urlsplit(origin).netloc,
        "authorization_servers": [settings.public_url],
        "scopes_supported": list(settings.policy.scopes),
        "bearer_methods_supported": ["header"],
        "resource_documentation": f"{settings.public_url}{url_for('agents.auth')}",
    }


@blueprint.get("/oauth-authorization-server")
@Public("read by programs that have no key yet")
def server() -> dict[str, Any]:
    """RFC 8414 2 and RFC 8628 4. There is no authorization endpoint, but `response_types_supported` is required and
    must not be empty: `none` is the registered type that asks for nothing (OAuth 2.0 Multiple Response Types 4).
    Clients do not register and have no secret. The origins of guarded APIs are resources like Keydesk's own."""
    settings = request_context.runtime().settings
    return {
        "issuer": settings.public_url,
        "device_authorization_endpoint": f"{settings.public_url}{url_for('api_device_grants.authorize')}",
        "token_endpoint": f"{settings.public_url}{url_for('api_device_grants.token')}",
        "token_endpoint_auth_methods_supported": ["none"],
        "grant_types_supported": [device_grants.GRANT_TYPE],
        "response_types_supported": ["none"],
        "scopes_supported": list(settings.policy.scopes),
        "service_documentation": f"{settings.public_url}{url_for('agents.auth')}",
        "protected_resources": list(dict.fromkeys((settings.public_url, *settings.api_urls))),
    }
