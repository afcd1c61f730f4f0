"""The API description is valid, whole, and true: every route, every example.

`openapi-3.1.json` is the OpenAPI Initiative's published schema of 2026-08-03 (Apache 2.0), from the npm package
@seriousme/openapi-schema-validator 2.11.0, schemas/v3.1/schema.json. That answers are as described is checked for every
request that a test of this folder sends (`conftest.py`).
"""

import inspect
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app import create_app
from app.api.openapi_document.operations import Operation
from app.api.openapi_document.tags import TAGS
from app.config import Settings, load_settings
from app.domain.member_roles import Role
from app.http.guards import RequireScope
from app.http.route_docs import RouteDocs
from app.services import device_grants, invitations
from tests.actors import Actor
from tests.api.description import OAS, Description
from tests.databases import SECRET

ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    environ = {"DATABASE_URL": database, "SECRET_KEY": SECRET, "ENABLE_TEST_TOKEN_ENDPOINT": "true"}
    return load_settings(environ, instance_path=tmp_path)


@pytest.fixture
def description(app) -> Description:
    return Description(app.test_client().get("/openapi.json").get_json())


def schemas(part: Any):
    """Every schema object of the document."""
    for name, inner in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        if name == "schema":
            yield inner
        else:
            yield from schemas(inner)


def test_the_document_is_valid_openapi(app):
    answer = app.test_client().get("/openapi.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    document = answer.get_json()
    assert document["openapi"] == "3.1.0"
    Draft202012Validator(OAS).validate(document)
    for schema in [*schemas(document["paths"]), *document["components"]["schemas"].values()]:
        Draft202012Validator.check_schema(schema)


def test_the_version_is_that_of_the_software(description):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert description.document["info"]["version"] == project["version"]


def test_every_reference_leads_somewhere_and_everything_is_referred_to(description):
    found = set(re.findall(r'"\$ref": ?"#/components/(\w+/[\w.-]+)"', str(description.document).replace("'", '"')))
    there = {f"{kind}/{name}" for kind in ("schemas", "headers") for name in description.document["components"][kind]}
    assert found == there
    assert not [name for name in there if "__" in name], "two types share a name"


def test_generated_clients_can_name_every_schema(description):
    """Names are identifiers, and titles are the names: by the title a client names its classes."""
    found = description.document["components"]["schemas"]
    assert {name: schema["title"] for name, schema in found.items()} == {name: name for name in found}
    assert [name for name in found if not re.fullmatch(r"[A-Za-z0-9_]+", name)] == []


def test_no_field_has_a_default_that_generated_clients_would_send(description):
    """A PATCH would wipe the networks, the limit and the expiry that its caller left out."""
    for name, schema in description.document["components"]["schemas"].items():
        assert [field for field, part in schema.get("properties", {}).items() if "default" in part] == [], name


def test_a_key_is_sent_in_one_of_two_ways(description):
    ways = {
        tuple(name for way in operation["security"] for name in way) for operation in description.operations.values()
    }
    assert ways == {
        (),
        ("sessionCookie",),
        ("sessionToken", "sessionCookie"),
        ("apiKeyBearer", "apiKey"),
        ("apiKeyBearer", "apiKey", "sessionCookie"),
    }
    used = {name for way in ways for name in way}
    assert used == set(description.document["components"]["securitySchemes"])


def test_every_tag_says_what_its_operations_are_for(description):
    tags = description.document["tags"]
    assert {tag["name"] for tag in tags} == set(TAGS)
    assert all(tag["description"].endswith(".") for tag in tags)


BEFORE_FLASK = ("GET", "/v1/forward-auth")
#: Under /v1, but for browsers: it answers with pages and redirects.
PAGE = "/v1/auth/callback"


def test_every_route_under_v1_is_described_once_and_nothing_else_is(app, description):
    rules = {
        (method, re.sub(r"<(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/v1")
    }
    assert set(description.operations) == {rule for rule in rules if rule[1] != PAGE} | {BEFORE_FLASK}
    names = [operation["operationId"] for operation in description.operations.values()]
    assert len(set(names)) == len(names)


def test_every_operation_says_what_it_does_and_what_can_go_wrong(description):
    for (method, path), operation in description.operations.items():
        assert re.fullmatch(r"[A-Z][^.\n]{5,60}", operation["summary"]), (method, path)
        successes = {status for status in operation["responses"] if status < "400"}
        assert successes, (method, path)
        usual = {"503"} if (method, path) == BEFORE_FLASK else {"400", "404", "413", "500", "503"}
        assert usual <= operation["responses"].keys(), (method, path)
        assert ("403" in operation["responses"]) or method == "GET", "cross-site requests are refused"
        assert ("401" in operation["responses"]) is bool(operation["security"]), (method, path)


def test_requests_take_no_unknown_field(description):
    for (method, path), operation in description.operations.items():
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            name = content["schema"]["$ref"].rpartition("/")[2]
            schema = description.document["components"]["schemas"][name]
            assert (schema.get("additionalProperties") is False) is (media_type == "application/json"), (method, path)


def test_the_view_reads_what_the_description_says(app):
    for view in app.view_functions.values():
        if hasattr(view, "route_docs"):
            source = inspect.getsource(inspect.unwrap(view))
            bodies = re.findall(r"read_(?:json|form)\((\w+)", source)
            assert (bodies[-1] if bodies else None) == getattr(view.route_docs.body, "__name__", None)
            paging = re.findall(r"read_paging\(default=(\d+)\)", source)
            assert [int(number) for number in paging] == [view.route_docs.paging] * len(paging)
            assert bool(paging) is (view.route_docs.paging is not None)
            for name in view.route_docs.query:
                assert f'"{name}"' in source


def test_every_example_of_an_answer_is_such_an_answer(description):
    count = 0
    for (method, path), operation in description.operations.items():
        for status, response in operation["responses"].items():
            for media_type, content in response.get("content", {}).items():
                if "example" in content:
                    place = ("paths", path, method.lower(), "responses", status, "content", media_type, "schema")
                    description.validator(*place).validate(content["example"])
                    count += 1
    assert count >= 20


def invited(app, actor):
    """The ID of an open invitation."""
    with app.app_context():
        return invitations.invite(app.extensions["runtime"], actor.member, "invited@example.com", Role.VIEWER).id


def test_every_example_of_a_request_works(cast, app, description):
    """Each is sent as it stands; ids, and what comes by mail, take the place of those in the description."""
    alice, bob, anybody = cast.alice, cast.bob, app.test_client()
    you = Actor(app, "you").sign_in()
    credentials = {
        "apiKey": {"x-api-key": alice.create_key(scopes=["agent:rw", "keys:verify", "notes:write"])["key"]},
        "sessionToken": {"Authorization": f"Bearer {cast.session_token(alice)}"},
    }
    secrets: dict[str, str] = {}
    for (method, path), operation in description.operations.items():
        if (method, path) == BEFORE_FLASK:
            continue  # asks by headers that a proxy sets: test_forward_auth.py
        client = alice.http if operation["security"] == [{"sessionCookie": []}] else anybody
        if (method, path) == ("DELETE", "/v1/orgs/{org}"):
            continue  # would end the rest: test_organizations.py
        if (method, path) == ("POST", "/v1/orgs"):
            client = you.http  # with a second organization, Alice's agent would have to say which one it means
        key_id = alice.create_key()["id"]
        if path.endswith("/undo-revoke"):
            alice.revoke(key_id)
        if path.endswith("/extend"):
            alice.http.post(f"/v1/orgs/{alice.org}/keys/{key_id}/rotate", json={"overlap_seconds": 60})
        ids = {"{org}": alice.org, "{key}": key_id, "{person}": bob.person_id}
        note = anybody.post("/v1/notes", json={"text": "A note"}, headers=credentials["apiKey"]).get_json()["data"]
        ids["{note}"] = note["id"]
        ids["{invitation}"] = invited(app, alice) if "{invitation}" in path else ""
        answer = client.open(
            re.sub(r"{\w+}", lambda segment, ids=ids: ids[segment[0]], path),
            method=method,
            headers=next(
                (credentials[name] for way in operation["security"] for name in way if name in credentials), {}
            ),
            **example_of(operation, secrets),
        )
        assert answer.status_code < 400, (method, path, answer.text)
        given = answer.get_json(silent=True) or {}
        if code := re.search(r'"devCode": ?"(\d+)"', answer.text):
            secrets |= {"code": code[1], "otp_code": code[1]}
        if "user_code" in given:
            secrets["device_code"] = given["device_code"]
            with app.app_context():
                device_grants.approve(
                    app.extensions["runtime"], alice.member, given["user_code"], ["notes:read"], client="a test"
                )


def example_of(operation, secrets):
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        body = {name: secrets.get(name, value) for name, value in content["example"].items()}
        return {"json" if media_type == "application/json" else "data": body}
    return {}


def test_test_tokens_are_described_only_where_they_are_switched_on(description, database, tmp_path):
    assert ("POST", "/v1/auth/test-token") in description.operations
    without = create_app(load_settings({"DATABASE_URL": database, "SECRET_KEY": SECRET}, instance_path=tmp_path))
    assert "/v1/auth/test-token" not in without.test_client().get("/openapi.json").get_json()["paths"]
    assert without.test_client().post("/v1/auth/test-token").status_code == 404


def test_what_is_said_comes_from_the_settings_in_force(tmp_path):
    policy = tmp_path / "route_policy.toml"
    shipped = (ROOT / "app" / "route_policy.toml").read_text()
    policy.write_text(shipped.replace("notes:", "memos:").replace('scope = "agent:r"', 'scope = "memos:read"'))
    production = {"PUBLIC_URL": "https://keys.example.com", "SECRET_KEY": SECRET, "MAIL_SERVER": "127.0.0.1"}
    settings = load_settings(production | {"POLICY_FILE": str(policy), "KEY_PREFIX": "acme_"}, instance_path=tmp_path)
    client = create_app(settings).test_client()
    document = client.get("/openapi.json", base_url="https://keys.example.com").get_json()
    assert document["servers"] == [{"url": "https://keys.example.com"}]
    assert document["components"]["schemas"]["Scope"]["enum"] == list(settings.policy.scopes)
    assert document["components"]["securitySchemes"]["apiKeyBearer"]["bearerFormat"] == "acme_…"
    audit = document["paths"]["/v1/audit"]["get"]
    assert audit["security"] == [{"apiKeyBearer": []}, {"apiKey": []}, {"sessionCookie": []}]
    assert audit["x-required-scope"] == "memos:read"
    assert "Required scope: `memos:read`." in audit["description"]


def test_query_parameters_that_a_guard_reads_are_described(app):
    description = Description(app.test_client().get("/openapi.json").get_json())
    for path in ("/v1/telemetry", "/v1/audit", "/v1/vpat", "/v1/credits/balance"):
        operation = description.operations["GET", path]
        (org_id,) = (parameter for parameter in operation["parameters"] if parameter["name"] == "org_id")
        assert (org_id["in"], org_id["required"]) == ("query", False)
        assert {"sessionCookie": []} in operation["security"]
        assert {"404", "422"} <= operation["responses"].keys()


def test_a_path_that_is_answered_before_flask_is_described_by_hand(app, monkeypatch):
    by_hand = Operation(
        method="GET",
        path="/v1/forward-auth",
        name="forward_auth",
        group="Forward auth",
        summary="Ask whether a request may pass",
        text="",
        guard=RequireScope(),
        route_docs=RouteDocs(empty={200: "It may."}),
    )
    monkeypatch.setattr("app.api.openapi_document.operations.BEFORE_FLASK", (by_hand,))
    described = Description(app.test_client().get("/openapi.json").get_json()).operations["GET", "/v1/forward-auth"]
    assert described["operationId"] == "forward_auth"
    assert {"200", "401", "403", "503"} <= described["responses"].keys()
