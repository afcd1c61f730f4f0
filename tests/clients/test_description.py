"""Validators and generators of others read the API description, and what they generate works on a running server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from openapi_spec_validator import validate

from app import create_app
from app.config import load_settings
from tests import npm_packages
from tests.servers import SECRET, Server, serving
from tests.system.visitors import Visitor

HERE = Path(__file__).parent
PUBLIC_URL = "https://keys.acme.test"


@pytest.fixture(scope="module")
def in_production(tmp_path_factory):
    """A server's application, as validators on the internet see it."""
    folder = tmp_path_factory.mktemp("production")
    environment = {
        "DATABASE_URL": f"sqlite:///{folder}/keydesk.db",
        "PUBLIC_URL": PUBLIC_URL,
        "SECRET_KEY": SECRET,
        "MAIL_SERVER": "127.0.0.1",
    }
    app = create_app(load_settings(environment, instance_path=folder))
    return lambda path: app.test_client().get(path, base_url=PUBLIC_URL).get_json()


@dataclass(frozen=True)
class Desk:
    """A running server, somebody who is signed in there, and the file with its description."""

    server: Server
    visitor: Visitor
    description: Path

    @property
    def arguments(self) -> list[str]:
        return [self.server.url, self.visitor.org, self.visitor.http.cookies["whs_session"]]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    description = tmp_path / "openapi.json"
    with serving(f"sqlite:///{tmp_path}/keydesk.db", tmp_path) as server, Visitor(server) as visitor:
        visitor.sign_in("dora@example.com")
        description.write_text(visitor.http.get(f"{server.url}/openapi.json").text)
        yield Desk(server, visitor, description)


@pytest.fixture(scope="module")
def npm() -> Path:
    npm_packages.install(HERE / "npm")
    return HERE / "npm"


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_validators_find_nothing_to_say(in_production, npm, tmp_path):
    document = in_production("/openapi.json")
    validate(document)
    description = tmp_path / "openapi.json"
    description.write_text(json.dumps(document))
    (tmp_path / "spectral.yaml").write_text("extends: ['spectral:oas']")
    spectral = ["lint", description, "--ruleset", tmp_path / "spectral.yaml", "--format", "json", "-D"]
    said = run(npm / "node_modules" / ".bin" / "spectral", *spectral, "--fail-severity", "hint", folder=tmp_path)
    assert "[]" in said
    redocly = ["lint", "--extends", "recommended-strict", "--format", "json", description]
    offline = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    said = run(npm / "node_modules" / ".bin" / "redocly", *redocly, folder=tmp_path, **offline)
    assert json.loads(said[said.index("{") :])["totals"] == {"errors": 0, "warnings": 0, "ignored": 0}


def test_authlib_accepts_the_metadata_of_the_authorization_server(in_production):
    metadata = AuthorizationServerMetadata(in_production("/.well-known/oauth-authorization-server"))
    metadata.validate()
    assert metadata["issuer"] == PUBLIC_URL


def check(printed: str) -> None:
    """What a generated client was answered: it created a key, listed, showed and renamed it, used it, revoked it."""
    answers = json.loads(printed)
    created, changed, revoked = answers["created"], answers["changed"], answers["revoked"]
    assert created["key"].startswith("whk_")
    assert answers["listed"][0]["id"] == created["id"]
    assert answers["shown"]["networks"] == ["127.0.0.0/8"]
    assert (created["name"], changed["name"]) == ("CI", "Renamed")
    settings = ("scopes", "networks", "rate_limit", "expires_at")
    assert [changed[name] for name in settings] == [created[name] for name in settings], "a field left out was sent"
    assert answers["verified"]["valid"] is True
    assert answers["me"]["key_id"] == created["id"]
    assert revoked["status"] == "revoked"


def test_openapi_python_client(desk, tmp_path):
    generated = ["generate", "--path", desk.description, "--output-path", tmp_path / "keydesk_client", "--meta", "none"]
    command = Path(sys.executable).parent / "openapi-python-client"
    said = run(command, *generated, folder=tmp_path, PATH=f"{command.parent}:{os.environ['PATH']}")
    assert "Warning" not in said
    script = HERE / "openapi_python_client_calls.py"
    check(run(sys.executable, script, *desk.arguments, folder=tmp_path, PYTHONPATH=str(tmp_path)))


def test_datamodel_code_generator(desk, tmp_path):
    options = [
        "--input-file-type",
        "openapi",
        "--output-model-type",
        "pydantic_v2.BaseModel",
        "--formatters",
        "builtin",
    ]
    files = ["--input", desk.description, "--output", tmp_path / "keydesk_models.py"]
    run(sys.executable, "-m", "datamodel_code_generator", *options, *files, folder=tmp_path)
    script = HERE / "datamodel_code_generator_calls.py"
    check(run(sys.executable, script, *desk.arguments, folder=tmp_path, PYTHONPATH=str(tmp_path)))


def test_typescript_clients(desk, npm, tmp_path):
    binaries = npm / "node_modules" / ".bin"
    (tmp_path / "node_modules").symlink_to(npm / "node_modules")
    for name in ("package.json", "tsconfig.json", "openapi_typescript.ts", "hey_api.ts"):
        (tmp_path / name).write_text((npm / name).read_text())
    run(binaries / "openapi-typescript", desk.description, "-o", "schema.d.ts", folder=tmp_path)
    hey_api = ["-i", desk.description, "-o", "hey-api", "-c", "@hey-api/client-fetch"]
    run(binaries / "openapi-ts", *hey_api, folder=tmp_path)
    run(binaries / "tsc", "--project", "tsconfig.json", folder=tmp_path)
    for program in ("openapi_typescript.js", "hey_api.js"):
        check(run("node", program, *desk.arguments, folder=tmp_path))
