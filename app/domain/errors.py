"""Everything that can go wrong for a caller, as one tree. `app/http/error_handlers.py` turns each into a response."""

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal with a stable code, a sentence for people and details for programs."""

    error_code: ClassVar[str] = "INTERNAL_ERROR"
    message: ClassVar[str] = "Something went wrong."

    def __init__(self, message: str | None = None, **details: Any) -> None:
        self.detail = message or self.message
        self.details: Mapping[str, Any] = details
        super().__init__(self.detail)


class ValidationFailed(DomainError):
    """`details.fields` maps each field's name to what is wrong with it."""

    error_code = "VALIDATION_FAILED"
    message = "Something in the request cannot be used as it is."

    def __init__(self, fields: Mapping[str, str], **details: Any) -> None:
        sentence = "; ".join(f"{name}: {problem}" for name, problem in fields.items())
        self.fields = dict(fields)
        super().__init__(sentence, fields=self.fields, **details)


class MalformedJson(DomainError):
    error_code = "MALFORMED_JSON"
    message = "The body is not JSON. Send one JSON object."


class UnsupportedMediaType(DomainError):
    error_code = "UNSUPPORTED_MEDIA_TYPE"
    message = "Send the body as JSON, with the header Content-Type: application/json."


class UnknownScope(DomainError):
    """`details.unknown` lists what was asked for, `details.known` what there is."""

    error_code = "UNKNOWN_SCOPE"
    message = "There is no such scope."


class NotFound(DomainError):
    """Absent, or another tenant's: nobody can tell which."""

    error_code = "NOT_FOUND"
    message = "There is nothing at this address that you can see."


class Unauthenticated(DomainError):
    """No credential that is accepted here; the family of 401 answers."""


class MissingCredential(Unauthenticated):
    error_code = "MISSING_CREDENTIAL"
    message = "This address needs a credential, and the request carries none that is accepted here."


class InvalidKey(Unauthenticated):
    error_code = "INVALID_KEY"
    message = "This is not a key that exists here. Check that it was copied whole."


class KeyRevoked(Unauthenticated):
    error_code = "KEY_REVOKED"
    message = "This key was revoked. Create a new one in the dashboard."


class KeyExpired(Unauthenticated):
    error_code = "KEY_EXPIRED"
    message = "This key has expired. Create a new one in the dashboard."


class KeyDisabled(Unauthenticated):
    error_code = "KEY_DISABLED"
    message = "This key is switched off because its organization or owner is disabled. Ask your operator."


class AmbiguousCredentials(DomainError):
    error_code = "AMBIGUOUS_CREDENTIALS"
    message = "The request carries two different credentials. Send exactly one."


class Forbidden(DomainError):
    error_code = "FORBIDDEN"
    message = "Your role in this organization does not allow this. Ask an owner or admin."


class InsufficientScope(DomainError):
    """`details.required` is the scope that the route needs, `details.granted` what the key has."""

    error_code = "INSUFFICIENT_SCOPE"
    message = "This key may not do this: it lacks the scope. Create a key that has it."


class IpNotAllowed(DomainError):
    error_code = "IP_NOT_ALLOWED"
    message = "This key may not be used from this address. Its networks are set in the dashboard."


class CrossSite(DomainError):
    error_code = "CROSS_SITE"
    message = "A browser sent this request from another site, so it was refused. Use a page of this site."


class RateLimited(DomainError):
    """`details.retry_after_seconds` says when to come back; `policy`, `quota` and `window` fill the headers."""

    error_code = "RATE_LIMITED"
    message = "Too many requests of this kind. Wait, then try again."

    def __init__(self, message: str, *, policy: str, quota: int, window: int, retry_after: int) -> None:
        self.policy, self.quota, self.window, self.retry_after = policy, quota, window, retry_after
        super().__init__(message, retry_after_seconds=retry_after)


class KeyNotActive(DomainError):
    error_code = "KEY_NOT_ACTIVE"
    message = "Only a working key can be rotated, and this one was revoked or has expired. Create a new key."


class KeyAlreadyShown(DomainError):
    """The form was sent twice; `details.key_id` is the key that the first sending made."""

    error_code = "KEY_ALREADY_SHOWN"
    message = "This form was already sent. Its key was shown once and cannot be shown again."


class LinkForged(DomainError):
    error_code = "LINK_INVALID"
    message = "This sign-in link is not one of ours, or it was cut off on the way. Ask for a new one."


class LinkSpent(DomainError):
    error_code = "LINK_EXPIRED"
    message = "This sign-in link was used already or is too old. Ask for a new one."


class OtpInvalid(DomainError):
    """`details.remaining_attempts` says how many tries are left."""

    error_code = "OTP_INVALID"
    message = "This is not the code that was mailed."

    def __init__(self, remaining_attempts: int) -> None:
        way_out = "Check it and try again." if remaining_attempts else "Ask for a new code."
        super().__init__(f"{self.message} {way_out}", remaining_attempts=remaining_attempts)


class OtpExpired(DomainError):
    error_code = "OTP_EXPIRED"
    message = "No code is pending for this address, or it is too old. Ask for a new one."


class OtpMaxAttempts(DomainError):
    """`retry_after`: seconds until a new code may be asked for."""

    error_code = "OTP_MAX_ATTEMPTS"
    message = "There were too many wrong codes. Ask for a new one when the time has come."

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(retry_after_seconds=retry_after)


class InstallIdSunset(Unauthenticated):
    error_code = "INSTALL_ID_SUNSET"
    message = "Install ids ended with 2026. Create an API key instead."


class CreditsExhausted(DomainError):
    error_code = "CREDITS_EXHAUSTED"
    message = "This organization has no credits left for this. Ask your operator for more."


class Unavailable(DomainError):
    """Not just now; the family of 503 answers. `retry_after` is in seconds."""

    retry_after = 1


class Busy(Unavailable):
    error_code = "BUSY"
    message = (
        "Too many keys are being revoked or changed at this moment, so nothing was changed. Try again in a second."
    )


class DatabaseDown(Unavailable):
    error_code = "DATABASE_UNAVAILABLE"
    message = "The database does not answer just now. Try again in a moment."


class Fault(Unavailable):
    """Forward-auth could not decide, so it refuses."""

    error_code = "FAULT"
    message = "Something went wrong on our side, so the request was not let through. Try again in a moment."


class LimiterUnavailable(Unavailable):
    error_code = "LIMITER_UNAVAILABLE"
    message = "The rate limit of this key cannot be counted just now. Try again in a moment."


class SchemaOutdated(Unavailable):
    error_code = "SCHEMA_OUTDATED"
    message = "The database has not been brought up to date. The operator runs: python -m app.cli init"
