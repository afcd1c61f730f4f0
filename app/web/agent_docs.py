"""What agents read: how to get a key by oneself, and where everything else stands. Made from the live configuration."""

from flask import Blueprint, Response, current_app, render_template

from app.domain import errors, forward_auth
from app.domain.errors import DomainError, MalformedJson, UnsupportedMediaType
from app.domain.install_id_sunset import SUNSET
from app.domain.one_time_secrets import Purpose
from app.http import context
from app.http.guards import Public
from app.http.problem_details import status_of
from app.services import device_grants, sign_in_limits, trial_tokens
from app.services.sign_in_limits import LIMITS, Attempt

blueprint = Blueprint("agents", __name__)

#: What an agent should do about each refusal.
ADVICE: dict[type[DomainError], str] = {
    MalformedJson: "Send one JSON object.",
    errors.OtpInvalid: "Ask your person to look again. `details.remaining_attempts` tries are left for this code.",
    errors.OtpExpired: "No code is pending, or it is too old: ask for a new one.",
    errors.AmbiguousCredentials: "Send one credential: the header that you use, and no other.",
    errors.MissingCredential: "Send the key, e.g. as `x-api-key`.",
    errors.InvalidKey: "Check that the key is whole. If it is, get a new one.",
    errors.KeyRevoked: "Do not try again with this key. Ask your person, then get a new one.",
    errors.KeyExpired: "Get a new key.",
    errors.KeyDisabled: "Do not try again. Your person's operator has switched the organization or the person off.",
    errors.InstallIdSunset: "Install ids have ended: get a key.",
    errors.CreditsExhausted: "Do not try again. Ask your person for more credits.",
    errors.InsufficientScope: "Get a key that has `details.required`. Do not ask for more than that.",
    errors.Forbidden: "Your person may not do this here. Ask an owner or admin of the organization.",
    errors.IpNotAllowed: "The key is bound to networks. Call from one of them, or ask your person to change the key.",
    errors.CrossSite: "Only browsers say that they come from another site: leave out `Origin` and `Sec-Fetch-Site`.",
    errors.NotFound: "Nothing that you can see is there. Check the address; do not try again unchanged.",
    UnsupportedMediaType: "Send the header `content-type: application/json`.",
    errors.ValidationFailed: "Correct what `details.fields` names, then send it again.",
    errors.UnknownScope: "Use scopes of `details.known`.",
    errors.RateLimited: "Wait `details.retry_after_seconds` seconds (also in `Retry-After`), then try once.",
    errors.OtpMaxAttempts: "Stop guessing. Wait `details.retry_after_seconds` seconds, then ask for a new code.",
    errors.KeyNotActive: "The key was revoked, has expired or was replaced: get a new one.",
    errors.Busy: "Nothing was changed. Wait `Retry-After` seconds, then try again.",
    forward_auth.NotCanonical: "Write the address in its plain form: no encoded or doubled slashes, dots, semicolons.",
    forward_auth.NotListed: "There is no such route for keys. Check method and address.",
    forward_auth.NothingAsked: "The proxy in front asks wrongly: tell your person.",
    errors.Fault: "Wait `Retry-After` seconds, then try again.",
    errors.LimiterUnavailable: "Wait `Retry-After` seconds, then try again.",
}


@blueprint.get("/auth.md")
@Public("read by agents that have no key yet")
def auth() -> Response:
    """How an agent gets a key, and uses it."""
    page = render_template(
        "agents/auth.md",
        settings=context.runtime().settings,
        code_limits=LIMITS[Attempt.CODE],
        email_code_attempts=sign_in_limits.TRIES[Purpose.EMAIL_CODE],
        sign_up_attempts=sign_in_limits.TRIES[Purpose.SIGN_UP_CODE],
        pause_after=sign_in_limits.PAUSE_AFTER,
        pause=int(sign_in_limits.PAUSE.total_seconds()),
        device_lifetime=int(device_grants.LIFETIME.total_seconds()),
        device_interval=device_grants.INTERVAL_SECONDS,
        device_limit=LIMITS[Attempt.DEVICE_CODE][0].window,
        has_test_tokens="api_test_tokens.create" in current_app.view_functions,
        test_token_lifetime=int(trial_tokens.LIFETIME.total_seconds()),
        install_id_sunset=SUNSET,
        refusals=[(status_of(kind), kind.error_code, advice) for kind, advice in ADVICE.items()],
    )
    return Response(page, content_type="text/markdown; charset=utf-8")


@blueprint.get("/llms.txt")
@Public("read by agents that have no key yet")
def index() -> Response:
    """What there is to read, in the form of llmstxt.org."""
    page = render_template("agents/llms.txt", settings=context.runtime().settings)
    return Response(page, content_type="text/plain; charset=utf-8")
