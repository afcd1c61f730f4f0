"""The tables of docs/api.md say what the code does."""

import re
import tomllib
from dataclasses import fields
from typing import get_args, get_origin

import pytest

from app import create_app
from app.api import device_grants as device_api
from app.api.key_verification import Question
from app.api.openapi_document.operations import operations
from app.api.openapi_document.problem_schemas import DETAILS, Crash
from app.config import Settings, load_settings
from app.domain import (
    email_address,
    forward_auth,
    install_id_sunset,
    key_format,
    key_networks,
    key_rate_limit,
    key_settings,
    member_roles,
    name_rules,
    paging,
    route_policy,
)
from app.domain.errors import DomainError
from app.domain.identity_headers import IDENTITY_HEADERS
from app.domain.key_rate_limit import RateLimit, RateState
from app.domain.key_verification import MAX_COST, KeyRecord, Outcome, refusal
from app.domain.member_roles import Permission, Role
from app.domain.one_time_secrets import CODE_TRIES, Purpose
from app.http import cookies
from app.http.anonymous_limit import ANONYMOUS_LIMIT
from app.http.body_limit import MAX_BODY
from app.http.change_rate_limit import CHANGES_OF_CLIENT, CHANGES_OF_PERSON
from app.http.download_limit import DOWNLOADS_OF_PERSON
from app.http.problem_details import HTTP_CODES, status_of
from app.services import code_attempts, dev_test_tokens, device_grants
from app.services.key_cache import SETTLE_SECONDS
from app.services.key_quotas import CREATIONS
from app.services.key_rotation import MAX_OVERLAP_SECONDS
from app.services.sign_in_limits import LIMITS, Attempt
from tests.docs.pages import DOCS, ROOT, code, rows, section, tables

PAGE = DOCS / "api.md"
TEXT = PAGE.read_text()
#: They are shown on pages for people, which have no `error_code`.
ONLY_ON_PAGES = {"LINK_INVALID", "LINK_EXPIRED", "KEY_ALREADY_SHOWN"}
SECONDS = {"1 second": 1, "1 minute": 60, "1 hour": 3600, "10 minutes": 600, "15 minutes": 900, "24 hours": 86400}


@pytest.fixture
def described(tmp_path):
    app = create_app(load_settings({"ENABLE_TEST_TOKEN_ENDPOINT": "true"}, instance_path=tmp_path))
    return [operation for operation in operations(app) if operation.path.startswith("/v1/")]


def number(text):
    return int(text.replace(",", ""))


def domain_errors(kind=DomainError):
    # Services have errors of their own, for the command line.
    for child in (child for child in kind.__subclasses__() if child.__module__.startswith("app.domain")):
        if "error_code" in vars(child) and child.__module__.startswith("app."):
            yield child
        yield from domain_errors(child)


# Requests and responses


def test_which_responses_have_no_data_around_them(described):
    (line,) = re.findall(r"^- These routes answer without `data`.*$", TEXT, re.MULTILINE)
    flat = {
        operation.path
        for operation in described
        if operation.answer is not None
        and "data" not in (get_origin(operation.answer) or operation.answer).__annotations__
    }
    assert set(code(line)) - {"data"} == flat


def test_sizes_of_bodies_and_pages(described):
    assert "at most 64 KiB" in section(PAGE, "Requests and responses")
    assert MAX_BODY == 64 * 1024
    assert "`?limit` is 1,000 by default and at most; for `/v1/audit` it is 50 by default." in TEXT
    defaults = {operation.path: operation.route_docs.paging for operation in described if operation.route_docs.paging}
    assert defaults.pop("/v1/audit") == 50
    assert set(defaults.values()) == {paging.MAX_LIMIT} == {1000}


# Credentials


def test_credentials_are_named_as_they_are_sent():
    listed = {credential: looks_like for credential, looks_like, *_ in tables(section(PAGE, "Credentials"))[0]}
    assert listed["session cookie"] == f"`{cookies.SESSION}`"
    assert listed["session token"] == f"`{Settings.session_token_prefix}…`"
    assert listed["API key"] == f"`{Settings.key_prefix}…`"
    assert f"`{install_id_sunset.HEADER}`" in section(PAGE, "Credentials")


def test_when_install_ids_end():
    assert f"`Deprecation: {install_id_sunset.DEPRECATION}`, `Sunset: {install_id_sunset.SUNSET_DATE}`" in TEXT
    assert install_id_sunset.SUNSET.strftime("%a, %d %b %Y %H:%M:%S GMT") == install_id_sunset.SUNSET_DATE


def test_the_format_of_a_key():
    text = section(PAGE, "Format of a key")
    (example,) = re.findall(r"`(whk_\w+)`", text.partition("| created by")[0])
    assert key_format.is_well_formed(example)
    assert (
        f"{key_format.RANDOM_LENGTH} random characters and a checksum of {key_format.CHECKSUM_LENGTH} characters"
        in text
    )
    assert f"the prefix and {key_format.SHOWN_AFTER_PREFIX} characters" in text
    assert 62**key_format.RANDOM_LENGTH > 2**154


def test_prefixes_and_their_settings():
    listed = [(*code(prefix), *code(setting)) for _, prefix, setting in rows(section(PAGE, "Format of a key"))]
    prefixes = [field for field in fields(Settings) if field.name.endswith("_prefix")]
    assert listed == [(field.default, field.name.upper()) for field in prefixes]


def test_scopes_are_those_of_the_policy_file():
    policy = tomllib.loads((ROOT / "app" / "route_policy.toml").read_text())
    scopes, *_ = tables(section(PAGE, "Scopes and roles"))
    assert [(*code(name), code(grants), text) for name, grants, text in scopes] == [
        (name, scope.get("grants", []), scope["description"]) for name, scope in policy["scopes"].items()
    ]
    assert f"gets `{policy['default_scopes'][0]}`" in TEXT


def test_roles_are_those_of_the_domain():
    columns = (
        Permission.READ_KEYS,
        Permission.READ_USAGE,
        Permission.READ_AUDIT_LOG,
        Permission.CREATE_KEYS,
        Permission.MANAGE_OWN_KEYS,
        Permission.MANAGE_ALL_KEYS,
        Permission.GRANT_RESERVED_SCOPES,
        Permission.MANAGE_KEY_POLICY,
        Permission.RENAME_ORGANIZATION,
        Permission.MANAGE_ORGANIZATION,
    )
    _, listed, *_ = tables(section(PAGE, "Scopes and roles"))
    assert listed == [
        [role.value, *("yes" if member_roles.allows(role, permission) else "no" for permission in columns)]
        for role in Role
    ]
    assert {"keys:verify"} == member_roles.RESERVED_SCOPES


# Errors


def test_every_error_is_listed_with_its_status_and_no_other():
    listed = sorted((number(status), *code(name)) for status, name, *_ in rows(section(PAGE, "Errors")))
    raised = {(status_of(kind), kind.error_code) for kind in domain_errors()}
    expected = {(status, name) for status, name in raised if name not in ONLY_ON_PAGES}
    assert listed == sorted(expected | set(HTTP_CODES.items()) | {(500, "INTERNAL_ERROR")})


def test_the_details_of_every_error_are_listed():
    listed = {name.strip("`"): code(details) for _, name, _, details in rows(section(PAGE, "Errors"))}
    expected = {kind.error_code: list(details.__annotations__) for kind, details in DETAILS.items()}
    expected |= {"INTERNAL_ERROR": list(Crash.__annotations__), "METHOD_NOT_ALLOWED": ["allowed"]}
    assert {name: details for name, details in listed.items() if details} == expected


# Limits


def sign_in_windows():
    """Each window with the words of the table."""
    for kind, limits in LIMITS.items():
        client = "organization" if kind is Attempt.INVITATION else "client"
        for limit in limits:
            who = [word for word, counts in (("address", limit.by_email), (client, limit.by_client)) if counts]
            yield limit.window, " and ".join(who)


def test_every_limit_is_listed():
    listed = {
        (*code(name), number(quota), SECONDS[window], who)
        for name, _, quota, window, who in rows(section(PAGE, "Of sign-in and sign-up"))
    }
    fixed = {
        (name, int(limit.split(" per ")[0]), SECONDS[f"1 {limit.split(' per ')[1]}"], who)
        for name, limit, who in (
            ("anonymous", ANONYMOUS_LIMIT, "client"),
            ("changes-person", CHANGES_OF_PERSON, "person"),
            ("changes-client", CHANGES_OF_CLIENT, "client"),
            ("download", DOWNLOADS_OF_PERSON, "person"),
        )
    }
    assert listed == {(window.name, window.quota, window.seconds, who) for window, who in sign_in_windows()} | fixed


def test_the_limits_of_keys_are_listed():
    text = section(PAGE, "Of an organization and a person")
    assert f"may have {Settings.max_keys_per_org:,} active keys (`MAX_KEYS_PER_ORG`)" in text
    assert f"may create {CREATIONS.quota:,} keys in any hour" in text
    assert CREATIONS.seconds == SECONDS["1 hour"]
    assert f"`{CREATIONS.name}`" in text


def test_the_largest_values_are_listed():
    listed = {code(value)[0] if "`" in value else value: most for value, _, most in rows(section(PAGE, "Of values"))}
    longest = next(part.max_length for part in Question.model_fields["key"].metadata if hasattr(part, "max_length"))
    assert {name: number(most) for name, most in listed.items()} == {
        "name of a key, characters": name_rules.MAX_LENGTH,
        "name of an organization, characters": name_rules.MAX_LENGTH,
        "email address, characters": email_address.MAX_LENGTH,
        "scopes of a key, bytes, separated by spaces": route_policy.MAX_SCOPES_LENGTH,
        "networks": key_networks.MAX_NETWORKS,
        "rate_limit.requests": key_rate_limit.MAX_REQUESTS,
        "rate_limit.window_seconds": key_rate_limit.MAX_WINDOW_SECONDS,
        "expires_in_days": key_settings.MAX_DAYS,
        "overlap_seconds": MAX_OVERLAP_SECONDS,
        "limit": paging.MAX_LIMIT,
        "key": longest,
        "cost": MAX_COST,
        "path in a forward-auth question, characters": forward_auth.MAX_PATH_LENGTH,
    }


def test_rate_headers_look_as_shown():
    shown = dict(line.split(": ", 1) for line in code(TEXT) if line.startswith("RateLimit") and ": " in line)
    assert shown == dict(RateState(RateLimit(100, 60), 42, 17).headers())


# Flows


def test_every_secret_is_listed_with_its_lifetime_and_attempts():
    listed, _ = tables(section(PAGE, "Flows"))
    for _, lifetime, setting, _ in listed:
        for name in code(setting):
            assert getattr(Settings, name.lower()) == SECONDS[lifetime]
    lifetimes = {secret: SECONDS[lifetime] for secret, lifetime, *_ in listed}
    assert lifetimes["device code and user code"] == device_grants.LIFETIME.total_seconds()
    assert lifetimes["test token"] == dev_test_tokens.LIFETIME.total_seconds()
    attempts = {secret: attempts for secret, *_, attempts in listed}
    assert attempts["mailed code for a session token"] == str(CODE_TRIES[Purpose.EMAIL_CODE])
    assert attempts["mailed code of agent sign-up"] == str(CODE_TRIES[Purpose.SIGN_UP_CODE])


def test_figures_of_the_flows():
    text = section(PAGE, "Flows")
    pause = f"After {code_attempts.PAUSE_AFTER} wrong codes in a row, codes pause for the address for 24 hours"
    assert pause in text
    assert code_attempts.PAUSE.total_seconds() == SECONDS["24 hours"]
    assert f"every {device_grants.INTERVAL_SECONDS} seconds" in text
    assert f"after {SETTLE_SECONDS:.2f} seconds" in text


def test_every_error_of_the_device_flow_is_listed():
    _, errors = tables(section(PAGE, "Flows"))
    listed = [code(error)[0] for error, _ in errors]
    known = [name for part in get_args(device_api.ErrorCode) for name in (get_args(part) or (part,))]
    assert sorted(listed) == sorted(known)
    assert f"`{device_grants.GRANT_TYPE}`" in TEXT


# Verifying keys


def test_outcomes_are_listed_in_the_order_of_the_checks_with_their_errors():
    record = KeyRecord("key_1", "org_1", "Org", "Key", (), frozenset(), None, None, disabled=False)
    rate = RateState(RateLimit(1, 1), 0, 1)

    def error_of(outcome):
        error = refusal(outcome, record, "agent:r", "192.0.2.1", rate)
        return f"`{status_of(error)} {error.error_code}`"

    outcomes, _ = tables(section(PAGE, "Verifying keys"))
    listed = [(*code(outcome), error) for outcome, _, error in outcomes]
    assert listed == [(o.value, "" if o is Outcome.VALID else error_of(o)) for o in Outcome]


def test_identity_headers_are_listed():
    (allowed,) = re.findall(r"^- \*\*Allowed\*\*.*$", TEXT, re.MULTILINE)
    assert tuple(name for name in code(allowed) if name.startswith("X-Auth-")) == IDENTITY_HEADERS
