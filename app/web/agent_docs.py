"""`/auth.md` and `/llms.txt`: how an agent gets a key, and what else there is to read. Made from the live settings."""

from flask import Blueprint, Response, current_app, render_template

from app.domain import errors, forward_auth
from app.domain.errors import DomainError, MalformedJson, UnsupportedMediaType
from app.domain.install_id_sunset import SUNSET
from app.domain.one_time_secrets import CODE_TRIES, Purpose
from app.http import request_context
from app.http.guards import Public, scoped_routes
from app.http.problem_details import status_of
from app.services import code_attempts, dev_test_tokens, device_grants
from app.services.sign_in_limits import LIMITS, Attempt

blueprint = Blueprint("agents", __name__)

#: What an agent should do about each error.
ADVICE: dict[type[DomainError], str] = {
    MalformedJson: "Send one JSON object.",
    errors.OtpInvalid: "Ask your user to check the code. `details.remaining_attempts` attempts are left for it.",
    errors.OtpExpired: "There is no code for this address, or it has expired. Request a new one.",
    errors.AmbiguousCredentials: "Send only one credential.",
    errors.MissingCredential: "Send the key, for example as `x-api-key`.",
    errors.InvalidKey: "Check that you send the whole key. If you do, get a new key.",
    errors.KeyRevoked: "Do not retry with this key. Ask your user, then get a new key.",
    errors.KeyExpired: "Get a new key.",
    errors.KeyDisabled: "Do not retry. The operator has disabled the organization or your user.",
    errors.InstallIdSunset: "Install IDs are no longer accepted. Get a key.",
    errors.CreditsExhausted: "Do not retry. Ask your user for more credits.",
    errors.InsufficientScope: "Get a key with the scope `details.required`, and no more than that.",
    errors.Forbidden: "This key, or your user's role, does not allow this. `detail` says why.",
    errors.IpNotAllowed: "The key works from certain networks only. Call from one, or ask your user to change the key.",
    errors.CrossSite: "Do not send the headers `Origin` and `Sec-Fetch-Site`; only browsers need them.",
    errors.NotFound: "Check the path and the IDs in it. Do not retry the same request.",
    UnsupportedMediaType: "Send the header `content-type: application/json`.",
    errors.ValidationFailed: "Correct the fields in `details.fields`, then send the request again.",
    errors.UnknownScope: "Use only scopes from `details.known`.",
    errors.TooManyKeys: "Do not retry. Ask your user to revoke keys that are no longer used.",
    errors.RateLimited: "Wait `details.retry_after_seconds` seconds (also in `Retry-After`), then retry once.",
    errors.OtpMaxAttempts: "Wait `details.retry_after_seconds` seconds, then request a new code.",
    errors.KeyNotActive: "The key was revoked, has expired or was rotated. Get a new key.",
    errors.Busy: "Nothing was changed. Wait `Retry-After` seconds, then retry.",
    forward_auth.NotCanonical: "Send the plain path, without encoded or double slashes, dot segments and semicolons.",
    forward_auth.NotListed: "Check the method and path. No key can use this route.",
    forward_auth.NothingAsked: "The proxy in front of the API is misconfigured. Tell your user.",
    errors.Fault: "Wait `Retry-After` seconds, then retry.",
    errors.LimiterUnavailable: "Wait `Retry-After` seconds, then retry.",
}


@blueprint.get("/auth.md")
@Public("read by agents that have no key yet")
def auth() -> Response:
    """How an agent gets and uses a key."""
    settings = request_context.runtime().settings
    own = {settings.policy.route(method, path) for method, path in scoped_routes(current_app)}
    page = render_template(
        "agents/auth.md",
        settings=settings,
        api_routes=[route for route in settings.policy.routes if route not in own],
        code_limits=LIMITS[Attempt.CODE],
        email_code_attempts=CODE_TRIES[Purpose.EMAIL_CODE],
        sign_up_attempts=CODE_TRIES[Purpose.SIGN_UP_CODE],
        pause_after=code_attempts.PAUSE_AFTER,
        pause=int(code_attempts.PAUSE.total_seconds()),
        device_lifetime=int(device_grants.LIFETIME.total_seconds()),
        device_interval=device_grants.INTERVAL_SECONDS,
        device_limit=LIMITS[Attempt.DEVICE_CODE][0].window,
        has_test_tokens="api_test_tokens.create" in current_app.view_functions,
        test_token_lifetime=int(dev_test_tokens.LIFETIME.total_seconds()),
        install_id_sunset=SUNSET,
        refusals=[(status_of(kind), kind.error_code, advice) for kind, advice in ADVICE.items()],
    )
    return Response(page, content_type="text/markdown; charset=utf-8")


@blueprint.get("/llms.txt")
@Public("read by agents that have no key yet")
def index() -> Response:
    """An index of what there is to read, in the format of https://llmstxt.org."""
    page = render_template("agents/llms.txt", settings=request_context.runtime().settings)
    return Response(page, content_type="text/plain; charset=utf-8")
