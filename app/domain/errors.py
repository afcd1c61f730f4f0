"""Every error that a caller can get, in one class hierarchy. `app/http/error_handlers.py` turns them into responses."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """An error with a stable code, a message for people and details for programs."""

    error_code: ClassVar[str] = "INTERNAL_ERROR"
    message: ClassVar[str] = "Something went wrong."

    def __init__(self, message: str | None = None, **details: Any) -> None:
        self.detail = message or self.message
        self.details: Mapping[str, Any] = details
        super().__init__(self.detail)


class ValidationFailed(DomainError):
    """`details.fields` maps the name of each invalid field to what is wrong with it."""

    error_code = "VALIDATION_FAILED"
    message = "Some fields of the request are not valid."

    def __init__(self, fields: Mapping[str, str], **details: Any) -> None:
        sentence = "; ".join(f"{name}: {problem}" for name, problem in fields.items())
        self.fields = dict(fields)
        super().__init__(sentence, fields=self.fields, **details)


class MalformedJson(DomainError):
    error_code = "MALFORMED_JSON"
    message = "The request body is not valid JSON. Send one JSON object."


class UnsupportedMediaType(DomainError):
    error_code = "UNSUPPORTED_MEDIA_TYPE"
    message = "Send the request body as JSON, with the header Content-Type: application/json."


class UnknownScope(DomainError):
    """`details.unknown` lists the unknown scopes, `details.known` the ones that exist."""

    error_code = "UNKNOWN_SCOPE"
    message = "This scope does not exist."


class NotFound(DomainError):
    """It does not exist, or belongs to another organization; the response does not show which."""

    error_code = "NOT_FOUND"
    message = "There is nothing here, or you do not have access to it. Check the address."


class Unauthenticated(DomainError):
    """The request has no credential that is accepted here. Its subclasses are the errors with status 401."""


class MissingCredential(Unauthenticated):
    error_code = "MISSING_CREDENTIAL"
    message = "This request needs a credential, and has none that is accepted here."
    #: What a route for keys says.
    no_key: ClassVar[str] = "This request has no API key. Send one, for example in the header x-api-key."


class InvalidKey(Unauthenticated):
    error_code = "INVALID_KEY"
    message = "This key does not exist. Check that you copied all of it."


class KeyRevoked(Unauthenticated):
    error_code = "KEY_REVOKED"
    message = "This key was revoked. Create a new one in the dashboard."


class KeyExpired(Unauthenticated):
    error_code = "KEY_EXPIRED"
    message = "This key has expired. Create a new one in the dashboard."


class KeyDisabled(Unauthenticated):
    error_code = "KEY_DISABLED"
    message = (
        "This key is suspended, or its organization or the person who created it is disabled. Ask an owner or admin of"
        " the organization, or your operator."
    )


class AmbiguousCredentials(DomainError):
    error_code = "AMBIGUOUS_CREDENTIALS"
    message = "The request has two different credentials. Send only one."


class Forbidden(DomainError):
    error_code = "FORBIDDEN"
    message = "Your role in this organization does not allow this. Ask an owner or admin."


class SignInAgain(DomainError):
    """The sign-in is too old for this. No key and no other session helps, only a new sign-in."""

    error_code = "SIGN_IN_AGAIN"
    message = "You signed in more than 10 minutes ago. Sign in again, then repeat this."


class InsufficientScope(DomainError):
    """`details.required` is the scope that the route needs, `details.granted` lists the scopes of the key."""

    error_code = "INSUFFICIENT_SCOPE"
    message = "This key does not have the scope that this request needs. Add it to the key, or use another key."

    def __init__(self, required: str, granted: Iterable[str]) -> None:
        sentence = f"This key does not have the scope {required}. Add it to the key, or use a key that has it."
        super().__init__(sentence, required=required, granted=list(granted))


class IpNotAllowed(DomainError):
    """`details.address` is the address that was seen; None: it is unknown."""

    error_code = "IP_NOT_ALLOWED"
    message = "This key cannot be used from this IP address. Check the key's networks in the dashboard."

    def __init__(self, address: str | None) -> None:
        seen = f"from {address}" if address else "from an unknown IP address"
        super().__init__(f"This key cannot be used {seen}. Check the key's networks in the dashboard.", address=address)


class CrossSite(DomainError):
    error_code = "CROSS_SITE"
    message = "This request came from a page of another site, so it was refused. Use a page of this site."


class RateLimited(DomainError):
    """`details.retry_after_seconds` says how long to wait. `policy`, `quota` (requests), `window` (seconds) and
    `retry_after` (seconds) are for the headers `RateLimit-Policy`, `RateLimit` and `Retry-After`."""

    error_code = "RATE_LIMITED"
    message = "Too many requests. Wait, then try again."

    def __init__(self, message: str, *, policy: str, quota: int, window: int, retry_after: int) -> None:
        self.policy, self.quota, self.window, self.retry_after = policy, quota, window, retry_after
        super().__init__(message, retry_after_seconds=retry_after)


class TooManyKeys(DomainError):
    """`details.limit` is the number of active keys that the organization may have."""

    error_code = "TOO_MANY_KEYS"
    message = "This organization has as many active keys as it may have. Revoke keys that are no longer used."

    def __init__(self, limit: int) -> None:
        sentence = (
            f"This organization has {limit:,} active keys, as many as it may have. Revoke keys that are no longer used."
        )
        super().__init__(sentence, limit=limit)


class KeyNotActive(DomainError):
    error_code = "KEY_NOT_ACTIVE"
    message = "This key was revoked or has expired, so it cannot be rotated. Create a new key."


class NotUndoable(DomainError):
    error_code = "NOT_UNDOABLE"
    message = "This revoke cannot be undone. Create a new key."


class LastOwner(DomainError):
    error_code = "LAST_OWNER"
    message = "An organization needs an owner who can sign in. Make somebody else an owner first."


class KeysUndecided(DomainError):
    """`details.keys` lists the member's working keys (the first 1,000), or those that a new role could not create: the
    request must say what happens to each of them."""

    error_code = "KEYS_UNDECIDED"
    message = "This member has working keys. Say what happens to each of them."


class KeyAlreadyShown(DomainError):
    """The form was sent twice; `details.key_id` is the key that it created the first time."""

    error_code = "KEY_ALREADY_SHOWN"
    message = "This form was already sent. Its key was shown once and cannot be shown again."


class LinkForged(DomainError):
    error_code = "LINK_INVALID"
    message = "This sign-in link is not valid; part of it may be missing. Ask for a new one."


class LinkSpent(DomainError):
    error_code = "LINK_EXPIRED"
    message = "This sign-in link was already used or has expired. Ask for a new one."


class OtpInvalid(DomainError):
    """`details.remaining_attempts` says how many more times the code can be entered."""

    error_code = "OTP_INVALID"
    message = "This code is not correct."

    def __init__(self, remaining_attempts: int) -> None:
        way_out = "Check it and try again." if remaining_attempts else "Ask for a new code."
        super().__init__(f"{self.message} {way_out}", remaining_attempts=remaining_attempts)


class OtpExpired(DomainError):
    error_code = "OTP_EXPIRED"
    message = "There is no code for this address, or it has expired. Ask for a new one."


class OtpMaxAttempts(DomainError):
    """`retry_after` and `details.retry_after_seconds`: seconds until a new code can be asked for."""

    error_code = "OTP_MAX_ATTEMPTS"
    message = "Too many wrong codes. Wait, then ask for a new one."

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(retry_after_seconds=retry_after)


class InstallIdSunset(Unauthenticated):
    error_code = "INSTALL_ID_SUNSET"
    message = "Install IDs stopped working at the end of 2026. Create an API key instead."


class CreditsExhausted(DomainError):
    error_code = "CREDITS_EXHAUSTED"
    message = "This organization does not have enough credits for this request. Ask your operator for more."


class Unavailable(DomainError):
    """It cannot be done at the moment. Its subclasses are the errors with status 503; `retry_after` is in seconds."""

    retry_after = 1


class Busy(Unavailable):
    error_code = "BUSY"
    message = "Too many keys are being revoked or changed at the moment. Nothing was changed; try again in a second."


class DatabaseDown(Unavailable):
    error_code = "DATABASE_UNAVAILABLE"
    message = "The database is not available at the moment. Try again shortly."


class DatabaseGone(DatabaseDown):
    """The SQLite file was removed or replaced under a running server."""

    message = (
        "The database was removed or replaced while Keydesk was running, so Keydesk is out of service."
        " Ask your operator to restart it."
    )


class Fault(Unavailable):
    """Forward-auth could not decide, so it refuses the request."""

    error_code = "FAULT"
    message = "Something went wrong on our side, so the request was refused. Try again shortly."


class LimiterUnavailable(Unavailable):
    error_code = "LIMITER_UNAVAILABLE"
    message = "The rate limit of this key cannot be checked at the moment. Try again shortly."


class SchemaOutdated(Unavailable):
    error_code = "SCHEMA_OUTDATED"
    message = "The database schema is not up to date. The operator must migrate the database."
