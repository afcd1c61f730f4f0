"""The device ceremony as agents see it (RFC 8628): forms in, flat JSON out, errors as RFC 6749 5.2."""

import pytest

from app.api.device_grants import GRANT_TYPE
from app.domain.member_roles import Role
from app.services import device_grants, operator_members


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def ceremony(client):
    return client.post("/v1/device/authorize", data={"client_id": "agent", "scope": "agent:r notes:read"}).get_json()


@pytest.fixture
def poll(client, ceremony, clock):
    def poll(**form):
        clock.advance(seconds=5)
        asked = {"grant_type": GRANT_TYPE, "device_code": ceremony["device_code"]} | form
        return client.post("/v1/device/token", data={name: value for name, value in asked.items() if value is not None})

    return poll


def approve(app, actor, ceremony, *scopes):
    member = actor.member
    with app.app_context():
        device_grants.approve(app.extensions["runtime"], member, ceremony["user_code"], scopes, client="203.0.113.1")


def test_the_ceremony_begins_with_two_codes_and_the_page(ceremony):
    assert set(ceremony) == {
        "device_code",
        "user_code",
        "verification_uri",
        "verification_uri_complete",
        "expires_in",
        "interval",
    }
    assert (ceremony["expires_in"], ceremony["interval"]) == (600, 5)
    assert ceremony["verification_uri"] == "http://localhost:7860/device"
    assert ceremony["verification_uri_complete"] == f"http://localhost:7860/device?user_code={ceremony['user_code']}"


def test_the_token_is_a_key_with_what_was_approved(app, alice, client, ceremony, poll):
    pending = poll()
    assert (pending.status_code, pending.get_json()) == (400, {"error": "authorization_pending"})
    approve(app, alice, ceremony, "notes:read")
    answer = poll()
    assert answer.status_code == 200
    token = answer.get_json()
    assert (token["token_type"], token["scope"]) == ("Bearer", "notes:read")
    assert answer.headers["Cache-Control"] == "no-store"
    me = client.get("/v1/me", headers={"Authorization": f"Bearer {token['access_token']}"})
    assert me.get_json()["data"]["scopes"] == ["notes:read"]


def test_a_person_whose_role_sank_meanwhile_is_told_as_a_refusal(app, cast, ceremony, poll):
    bob = cast.bob
    approve(app, bob, ceremony, "agent:r")
    with app.app_context():
        operator_members.add_member(app.extensions["runtime"], bob.org, bob.email, Role.VIEWER)
    refused = poll()
    assert (refused.status_code, refused.get_json()) == (400, {"error": "access_denied"})


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"device_code": None}, "invalid_request"),
        ({"device_code": ["one", "two"]}, "invalid_request"),
        ({"device_code": "made up"}, "invalid_grant"),
    ],
)
def test_what_cannot_be_a_poll_is_named(poll, form, error):
    answer = poll(**form)
    assert (answer.status_code, answer.get_json()["error"]) == (400, error)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"client_id": ["one", "two"]}, "invalid_request"),
        ({"client_id": "x" * 101}, "invalid_request"),
        ({"client_id": "agent", "scope": "root"}, "invalid_scope"),
    ],
)
def test_what_cannot_be_a_beginning_is_named(client, form, error):
    answer = client.post("/v1/device/authorize", data=form)
    assert (answer.status_code, answer.get_json()["error"]) == (400, error)


@pytest.mark.parametrize("path", ["/v1/device/authorize", "/v1/device/token"])
def test_a_body_that_is_no_form_is_told_so(client, path):
    answer = client.post(path, json={"client_id": "agent", "grant_type": GRANT_TYPE, "device_code": "x"}).get_json()
    assert answer["error"] == "invalid_request"
    assert "form-encoded" in answer["error_description"]


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"client_id": " "}, "client_id: enter a name"),
        ({"client_id": "agent", "client_name": "\t"}, "client_name: enter a name"),
    ],
)
def test_a_blank_name_is_named_by_its_field(client, form, problem):
    assert client.post("/v1/device/authorize", data=form).get_json()["error_description"] == problem
