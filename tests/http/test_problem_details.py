"""Refusals: their statuses, headers and bodies."""

import json

import pytest

from app.domain import errors
from app.domain.forward_auth import NotListed
from app.http.problem_details import STATUSES, body, headers_of, status_of

METADATA = 'resource_metadata="https://k/meta"'


def test_every_refusal_has_a_status_of_its_own():
    refusals = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DomainError)
    ]
    assert [kind for kind in refusals if not set(kind.__mro__) & set(STATUSES)] == [errors.DomainError]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InstallIdSunset, 401),
        (errors.Busy(), 503),
        (NotListed(), 403),
        (errors.OtpMaxAttempts(7), 429),
        (errors.ValidationFailed({}), 422),
        (errors.DomainError(), 500),
    ],
)
def test_a_refusal_has_the_status_of_its_nearest_family(error, status):
    assert status_of(error) == status


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.NotFound(), {}),
        (errors.MissingCredential(), {"WWW-Authenticate": f'Bearer realm="keydesk", {METADATA}'}),
        (errors.InvalidKey(), {"WWW-Authenticate": f'Bearer realm="keydesk", error="invalid_token", {METADATA}'}),
        (errors.KeyRevoked(), {"WWW-Authenticate": f'Bearer realm="keydesk", error="invalid_token", {METADATA}'}),
        (
            errors.AmbiguousCredentials(),
            {"WWW-Authenticate": f'Bearer realm="keydesk", error="invalid_request", {METADATA}'},
        ),
        (
            errors.InsufficientScope("agent:r", []),
            {"WWW-Authenticate": f'Bearer realm="keydesk", error="insufficient_scope", scope="agent:r", {METADATA}'},
        ),
        (errors.Forbidden(), {}),
        (errors.IpNotAllowed(None), {}),
        (errors.Busy(), {"Retry-After": "1"}),
        (errors.OtpMaxAttempts(7), {"Retry-After": "7"}),
        (
            errors.RateLimited("Wait.", policy="link", quota=5, window=3600, retry_after=12),
            {"Retry-After": "12", "RateLimit-Policy": '"link";q=5;w=3600', "RateLimit": '"link";r=0;t=12'},
        ),
    ],
)
def test_a_refusal_says_how_to_get_in_or_when_to_come_back(error, expected):
    assert headers_of(error, status_of(error), "https://k/meta") == expected


def test_a_body_is_rfc_9457_even_for_a_status_without_a_name():
    assert json.loads(body(404, "NOT_FOUND", "Nothing here.", {"a": 1})) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Nothing here.",
        "error_code": "NOT_FOUND",
        "details": {"a": 1},
    }
    assert json.loads(body(499, "HTTP_499", "", {}))["title"] == "Error"
