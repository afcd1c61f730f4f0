"""The seed page's commands (`003`), run by the real curl as the page writes them; host and secrets aside."""

import httpx
import pytest

CREATE = """curl -X POST %URL%/v1/orgs/$ORG_ID/keys \\
-H "cookie: whs_session=$SESSION" \\
-H 'content-type: application/json' \\
-d '{"name":"GitHub Action prod","scopes":["cache:invalidate"]}'"""
LIST = """curl %URL%/v1/orgs/$ORG_ID/keys \\
-H "cookie: whs_session=$SESSION" """
REVOKE = """curl -X POST %URL%/v1/orgs/$ORG_ID/keys/$KEY_ID/revoke \\
-H "cookie: whs_session=$SESSION" """


def sign_in(url, email):
    """The session that the page gets in dev mode."""
    with httpx.Client(base_url=url) as client:
        asked = client.post("/v1/auth/request", json={"email": email}).json()
        return client.get(asked["devLink"])


@pytest.mark.parametrize("base", ["", "/api"])
def test_sign_in_list_create_and_revoke_by_the_pages_own_lines(curl, server, base):
    followed = sign_in(server.url, f"you{len(base)}@example.com")
    assert (followed.status_code, followed.headers["Location"]) == (302, "/")
    variables = {"SESSION": followed.cookies["whs_session"]}
    status, orgs = curl(f'curl %URL%{base}/v1/orgs -H "cookie: whs_session=$SESSION"', **variables)
    assert status == 200
    variables["ORG_ID"] = orgs["data"][0]["id"]

    status, created = curl(CREATE.replace("%URL%", f"%URL%{base}"), **variables)
    key = created["data"]
    assert (status, key["name"], key["scopes"]) == (201, "GitHub Action prod", ["cache:invalidate"])
    assert key["key"].startswith("whk_")
    assert len(key["key"]) == 36

    status, listed = curl(LIST.replace("%URL%", f"%URL%{base}"), **variables)
    assert (status, listed["data"]) == (200, [{name: value for name, value in key.items() if name != "key"}])

    me = 'curl %URL%/v1/me -H "x-api-key: $KEY"'
    assert curl(me, KEY=key["key"])[0] == 200
    status, revoked = curl(REVOKE.replace("%URL%", f"%URL%{base}"), **variables, KEY_ID=key["id"])
    assert (status, revoked["data"]["status"]) == (200, "revoked")
    status, refused = curl(me, KEY=key["key"])
    assert (status, refused["error_code"]) == (401, "KEY_REVOKED")
