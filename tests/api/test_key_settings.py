"""One key with its settings over HTTP, and changing them."""

import pytest

from tests.api.test_keys import FIELDS

OWNER = ["owner"]
LAST_USE = ["last_used_address", "last_used_agent"]
RATE = {"requests": 2, "window_seconds": 60}


def path(actor, key):
    return f"/v1/orgs/{actor.org}/keys/{key['id']}"


def change(actor, key, **body):
    return actor.http.patch(path(actor, key), json=body)


def me(alice, key, address="127.0.0.1"):
    headers = {"x-api-key": key["key"], "User-Agent": "curl/8"}
    return alice.app.test_client().get("/v1/me", headers=headers, environ_base={"REMOTE_ADDR": address})


def forward_auth(alice, key, asked="/v1/notes", method="GET", address="127.0.0.1"):
    answer = alice.app.test_client().open(
        f"/v1/forward-auth{asked}",
        method=method,
        headers={"x-api-key": key["key"]},
        environ_base={"REMOTE_ADDR": address},
    )
    return answer.status_code, (answer.get_json() or {}).get("error_code")


def test_create_takes_limits_and_answers_with_them(alice):
    created = alice.create_key(rate_limit=RATE, networks=["127.0.0.1", "2001:db8::/32"])
    assert list(created) == [*FIELDS, "key"]
    assert (created["rate_limit"], created["networks"]) == (RATE, ["127.0.0.1/32", "2001:db8::/32"])
    limits = me(alice, created).get_json()["data"]["limits"]
    assert limits == {"rate": RATE, "networks": ["127.0.0.1/32", "2001:db8::/32"]}
    elsewhere = me(alice, created, "192.0.2.1")
    assert (elsewhere.status_code, elsewhere.get_json()["error_code"]) == (403, "IP_NOT_ALLOWED")
    assert elsewhere.get_json()["details"] == {"address": "192.0.2.1"}


def test_without_limits_there_are_none(alice):
    created = alice.create_key(rate_limit=None)
    assert me(alice, created).get_json()["data"]["limits"] == {"rate": None, "networks": []}
    assert "RateLimit" not in me(alice, created).headers


def test_a_key_is_shown_with_its_settings_and_its_last_use(cast):
    alice = cast.alice
    created = alice.create_key(rate_limit=RATE, networks=["127.0.0.0/8"])
    me(alice, created)
    with alice.app.app_context():
        alice.app.extensions["runtime"].usage.flush()
    for reader in (alice, cast.vera):
        shown = reader.http.get(path(alice, created)).get_json()["data"]
        assert list(shown) == FIELDS + OWNER + LAST_USE
        assert shown["last_used_at"] is not None
        assert [shown[field] for field in ("rate_limit", "networks", *LAST_USE)] == [
            RATE,
            ["127.0.0.0/8"],
            "127.0.0.1",
            "curl/8",
        ]


def test_a_change_answers_the_key_as_it_is_now(alice):
    created = alice.create_key(expires_in_days=30)
    body = {"name": "Nightly", "scopes": ["agent:r"], "rate_limit": RATE, "networks": ["::1"], "expires_at": None}
    answer = change(alice, created, **body)
    changed = answer.get_json()["data"]
    assert (answer.status_code, list(changed)) == (200, FIELDS + OWNER + LAST_USE)
    assert changed | body | {"networks": ["::1/128"]} == changed
    assert alice.http.get(path(alice, created)).get_json()["data"] == changed
    assert change(alice, created).get_json()["data"] == changed


def test_forward_auth_goes_by_a_change_at_once_although_it_knows_the_key(alice):
    key = alice.create_key(scopes=["notes:write"])
    assert forward_auth(alice, key, method="POST") == (200, None)
    change(alice, key, scopes=["notes:read"])
    assert forward_auth(alice, key, method="POST") == (403, "INSUFFICIENT_SCOPE")
    assert forward_auth(alice, key) == (200, None)
    change(alice, key, networks=["203.0.113.0/24"])
    assert forward_auth(alice, key) == (403, "IP_NOT_ALLOWED")
    assert forward_auth(alice, key, address="203.0.113.9") == (200, None)
    change(alice, key, networks=[], rate_limit=RATE)
    assert [forward_auth(alice, key) for _ in range(3)] == [(200, None), (200, None), (429, "RATE_LIMITED")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": None}, "name"),
        ({"scopes": None}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"networks": None}, "networks"),
        ({"networks": "203.0.113.0/24"}, "networks"),
        ({"networks": [17]}, "networks.0"),
        ({"networks": ["203.0.113.9/24"]}, "networks"),
        ({"networks": ["203.0.113.0/33"]}, "networks"),
        ({"networks": ["fe80::1%eth0"]}, "networks"),
        ({"networks": ["::ffff:203.0.113.9"]}, "networks"),
        ({"networks": [""]}, "networks"),
        ({"rate_limit": 100}, "rate_limit"),
        ({"rate_limit": {"requests": 100}}, "rate_limit.window_seconds"),
        ({"rate_limit": {"requests": 0, "window_seconds": 60}}, "rate_limit.requests"),
        ({"rate_limit": {"requests": "9", "window_seconds": 60}}, "rate_limit.requests"),
        ({"rate_limit": {"requests": 9, "window_seconds": 10**30}}, "rate_limit.window_seconds"),
        ({"rate_limit": {"requests": 9, "window_seconds": 60, "burst": 1}}, "rate_limit.burst"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_in_days": 30}, "expires_in_days"),
        ({"status": "active"}, "status"),
    ],
)
def test_what_cannot_be_meant_is_422_naming_the_field(alice, body, field):
    key = alice.create_key()
    answers = [change(alice, key, **body)]
    if not {"name", "status", "expires_in_days"} & set(body) and body != {"scopes": None}:
        answers.append(alice.http.post(f"/v1/orgs/{alice.org}/keys", json={"name": "CI"} | body))
    for answer in answers:
        assert (answer.status_code, answer.get_json()["error_code"]) == (422, "VALIDATION_FAILED")
        assert list(answer.get_json()["details"]["fields"]) == [field]


def test_a_dead_key_is_409(alice):
    key = alice.create_key()
    alice.revoke(key["id"])
    answer = change(alice, key, name="Other")
    assert (answer.status_code, answer.get_json()["error_code"]) == (409, "KEY_NOT_ACTIVE")


def test_roles_strangers_keys_and_other_sites_do_not_change_it(cast):
    key = cast.alice.create_key()
    assert change(cast.bob, key, name="x").get_json()["error_code"] == "FORBIDDEN"
    assert change(cast.vera, key, name="x").get_json()["error_code"] == "FORBIDDEN"
    charlie = cast.charlie
    assert change(charlie, key, name="x").status_code == 404
    charlie.org = charlie.own_organization()
    for answer in (change(charlie, key, name="x"), charlie.http.get(path(charlie, key))):
        assert (answer.status_code, answer.get_json()["error_code"]) == (404, "NOT_FOUND")
    by_key = {"x-api-key": key["key"]}
    assert cast.alice.http.patch(path(cast.alice, key), json={"name": "x"}, headers=by_key).status_code == 403
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    answer = cast.alice.http.patch(path(cast.alice, key), json={"name": "x"}, headers=elsewhere)
    assert answer.get_json()["error_code"] == "CROSS_SITE"
    assert cast.alice.http.get(path(cast.alice, key)).get_json()["data"]["name"] == "A key"


def test_what_an_admin_set_is_not_lifted_by_the_member_whose_key_it_is(cast):
    key = cast.bob.create_key()
    assert (
        change(
            cast.alice, key, networks=["203.0.113.0/24"], rate_limit={"requests": 5, "window_seconds": 60}
        ).status_code
        == 200
    )
    answer = change(cast.bob, key, networks=[], rate_limit=None)
    assert (answer.status_code, answer.get_json()["error_code"]) == (403, "FORBIDDEN")
    fields = answer.get_json()["details"]["fields"]
    assert fields.keys() == {"networks", "rate_limit"}
    assert "203.0.113.0/24" in fields["networks"]
    assert change(cast.bob, key, networks=["203.0.113.7"]).status_code == 200


def test_a_key_is_made_for_the_organization_and_given_to_a_member_and_back(cast):
    alice, bob = cast.alice, cast.bob
    created = alice.create_key(owner=None)
    assert alice.http.get(path(alice, created)).get_json()["data"]["owner"] is None
    assert bob.http.patch(path(alice, created), json={"name": "Mine"}).status_code == 403
    assert change(alice, created, owner=bob.email).get_json()["data"]["owner"] == bob.email
    assert bob.http.patch(path(alice, created), json={"name": "Mine"}).status_code == 200
    # A name is no word about the owner.
    assert change(alice, created, name="CI").get_json()["data"]["owner"] == bob.email
    assert change(alice, created, owner=None, name="CI 2").get_json()["data"]["name"] == "CI 2"


def test_who_may_not_decide_whom_a_key_belongs_to_is_told_so(cast):
    bob = cast.bob
    created = bob.create_key()
    assert change(bob, created, owner=None).get_json()["error_code"] == "FORBIDDEN"
    answer = bob.http.post(f"/v1/orgs/{bob.org}/keys", json={"name": "CI", "owner": None})
    assert (answer.status_code, answer.get_json()["error_code"]) == (403, "FORBIDDEN")
    headers = {"Authorization": f"Bearer {cast.session_token(bob)}"}
    by_agent = cast.nobody().http.post("/v1/keys/create", json={"name": "CI", "owner": None}, headers=headers)
    assert by_agent.get_json()["error_code"] == "FORBIDDEN"


def test_a_new_owner_must_be_a_member_who_may_create_keys(cast):
    created = cast.alice.create_key()
    for email in (cast.vera.email, cast.charlie.email, "no address", ""):
        answer = change(cast.alice, created, owner=email)
        assert (answer.status_code, list(answer.get_json()["details"]["fields"])) == (422, ["owner"])
