"""The seed page's commands (`003`), run by the real curl as the page writes them; host and secrets aside."""

import json
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.servers import serving

CREATE = """curl -s -X POST %URL%/v1/orgs/$ORG_ID/keys \\
-H "cookie: whs_session=$SESSION" \\
-H 'content-type: application/json' \\
-d '{"name":"GitHub Action prod","scopes":["cache:invalidate"]}'"""
LIST = """curl -s %URL%/v1/orgs/$ORG_ID/keys \\
-H "cookie: whs_session=$SESSION" """
REVOKE = """curl -s -X POST %URL%/v1/orgs/$ORG_ID/keys/$KEY_ID/revoke \\
-H "cookie: whs_session=$SESSION" """


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("seed")
    with serving(f"sqlite:///{folder}/keydesk.db", folder) as server:
        yield server.url


def sh(command, url, **variables):
    done = subprocess.run(
        ["bash", "-euc", command.replace("%URL%", url)],
        env={"PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("base", ["", "/api"])
def test_sign_in_list_create_and_revoke_by_the_pages_own_lines(url, base):
    with httpx.Client(base_url=url) as client:
        asked = client.post("/v1/auth/request", json={"email": "you@example.com"}).json()
        followed = client.get(asked["devLink"])
    assert followed.status_code == 302
    session = followed.cookies["whs_session"]
    variables = {"SESSION": session}
    host = url + base
    org = sh('curl -s %URL%/v1/orgs -H "cookie: whs_session=$SESSION"', host, **variables)["data"][0]
    variables["ORG_ID"] = org["id"]

    created = sh(CREATE, host, **variables)["data"]
    assert (created["name"], created["scopes"]) == ("GitHub Action prod", ["cache:invalidate"])
    assert created["key"].startswith("whk_")
    assert len(created["key"]) == 36

    listed = sh(LIST, host, **variables)["data"]
    assert {field: created[field] for field in listed[0]} == listed[0]

    me = 'curl -s %URL%/v1/me -H "x-api-key: $KEY"'
    assert sh(me, host, KEY=created["key"])["data"]["key_id"] == created["id"]

    revoked = sh(REVOKE, host, **variables, KEY_ID=created["id"])["data"]
    assert revoked["status"] == "revoked"
    assert sh(me, host, KEY=created["key"])["error_code"] == "KEY_REVOKED"
