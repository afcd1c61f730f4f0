"""What members read with their session instead of a key, naming the organization: telemetry, audit, vpat, credits."""

import pytest

from app.domain.errors import MissingCredential
from app.store import memberships
from app.store.transaction import transaction

FOR_ALL = ("/v1/telemetry", "/v1/vpat", "/v1/credits/balance")
ROUTES = (*FOR_ALL, "/v1/audit")


def read(actor, path, org_id=None, **query):
    return actor.http.get(path, query_string={"org_id": org_id or actor.org} | query)


def error(answer):
    return answer.status_code, answer.get_json()["error_code"]


@pytest.mark.parametrize("path", FOR_ALL)
def test_every_role_reads_them(cast, path):
    for actor in (cast.alice, cast.adam, cast.bob, cast.vera):
        assert read(actor, path).status_code == 200, actor.email


def test_viewers_do_not_read_the_audit_log(cast):
    for actor in (cast.alice, cast.adam, cast.bob):
        assert read(actor, "/v1/audit").status_code == 200, actor.email
    assert error(read(cast.vera, "/v1/audit")) == (403, "FORBIDDEN")


@pytest.mark.parametrize("path", ROUTES)
def test_a_session_reads_what_a_key_of_the_organization_reads(cast, path):
    alice = cast.alice
    key = alice.create_key(scopes=["agent:r"])["key"]
    anybody = cast.nobody().http
    anybody.get("/v1/me", headers={"x-api-key": key})
    with alice.app.app_context():
        alice.app.extensions["runtime"].usage.flush()
    assert read(alice, path).get_json() == anybody.get(path, headers={"x-api-key": key}).get_json()


@pytest.mark.parametrize("path", ROUTES)
def test_outsiders_and_removed_members_find_nothing(cast, path):
    absent = read(cast.charlie, path, "org_none")
    assert error(absent) == (404, "NOT_FOUND")
    assert read(cast.charlie, path).get_json() == absent.get_json()
    bob, person_id = cast.bob, cast.bob.person_id
    assert read(bob, path).status_code == 200
    with bob.app.app_context(), transaction():
        memberships.remove(bob.org, person_id)
    assert error(read(bob, path)) == (404, "NOT_FOUND")


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("query", ["", "?org_id="])
def test_without_the_organization_the_error_names_the_parameter_and_its_values(alice, path, query):
    answer = alice.http.get(path + query)
    assert error(answer) == (422, "VALIDATION_FAILED")
    assert answer.get_json()["details"] == {
        "fields": {"org_id": "is missing; send the ID of one of your organizations"},
        "organizations": [{"id": alice.org, "name": "alice’s organization"}],
    }


@pytest.mark.parametrize("path", ROUTES)
def test_without_a_session_that_is_valid_nothing_is_read(cast, path):
    alice, nobody = cast.alice, cast.nobody()
    answer = read(nobody, path)
    assert (*error(answer), answer.get_json()["detail"]) == (401, "MISSING_CREDENTIAL", MissingCredential.no_key)
    alice.http.post("/v1/auth/sign-out")
    nobody.http.set_cookie("whs_session", "made up")
    answer = read(nobody, path)
    assert (*error(answer), answer.get_json()["detail"][:13]) == (401, "MISSING_CREDENTIAL", "Sign in first")


@pytest.mark.parametrize("path", ROUTES)
def test_a_key_beside_a_session_decides(cast, path):
    charlie = cast.charlie
    theirs = charlie.own_organization()
    key = {"x-api-key": cast.alice.create_key(scopes=["agent:r"])["key"]}
    with_both = charlie.http.get(path, headers=key)
    assert with_both.status_code == 200
    assert with_both.get_json() == cast.nobody().http.get(path, headers=key).get_json()
    # Not even what the session alone may read.
    assert read(charlie, path, theirs).status_code == 200
    assert error(charlie.http.get(f"{path}?org_id={theirs}", headers=key)) == (404, "NOT_FOUND")
    revoked = cast.alice.create_key()
    cast.alice.revoke(revoked["id"])
    answer = cast.alice.http.get(f"{path}?org_id={cast.alice.org}", headers={"x-api-key": revoked["key"]})
    assert error(answer) == (401, "KEY_REVOKED")


@pytest.mark.parametrize("path", ROUTES)
def test_a_key_may_name_its_own_organization_and_no_other(cast, path):
    charlie = cast.charlie
    key = {"x-api-key": cast.alice.create_key(scopes=["agent:r"])["key"]}
    client = cast.nobody().http
    assert client.get(f"{path}?org_id={cast.alice.org}", headers=key).status_code == 200
    for org_id in (charlie.own_organization(), "org_none"):
        assert error(client.get(f"{path}?org_id={org_id}", headers=key)) == (404, "NOT_FOUND")


@pytest.mark.parametrize("path", ROUTES)
def test_a_session_token_still_manages_keys_and_nothing_else(cast, path):
    token = cast.session_token(cast.alice)
    answer = cast.nobody().http.get(f"{path}?org_id={cast.alice.org}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def test_me_as_the_key_of_telemetry_needs_a_key(alice):
    answer = read(alice, "/v1/telemetry", key_id="me")
    assert error(answer) == (422, "VALIDATION_FAILED")
    assert answer.get_json()["details"]["fields"].keys() == {"key_id"}


def test_two_organizations_are_not_read_as_one(cast):
    answer = cast.alice.http.get(f"/v1/telemetry?org_id={cast.alice.org}&org_id=org_none")
    assert answer.get_json()["details"]["fields"] == {"org_id": "was sent more than once"}
