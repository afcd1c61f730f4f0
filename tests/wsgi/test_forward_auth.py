"""Forward-auth: what proxies ask, and what they are told."""

import pytest

from app.config import ROOT, load_settings
from tests.conftest import SECRET

IDENTITY = ["X-Auth-Key-Id", "X-Auth-Org-Id", "X-Auth-Scopes", "X-Auth-Name", "X-Auth-Cache-Generation"]


#: Behind the shipped policy.
PUBLIC = '\n[[routes]]\nmethod = "OPTIONS"\npath = "/v1/notes"\npublic = true\n'


@pytest.fixture
def settings(database, tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_text((ROOT / "app" / "route_policy.toml").read_text() + PUBLIC)
    environ = {"DATABASE_URL": database, "SECRET_KEY": SECRET, "TRUSTED_HOPS": "1", "POLICY_FILE": str(policy)}
    return load_settings(environ, instance_path=tmp_path)


@pytest.fixture
def notes(alice):
    return alice.create_key(name="Nötes & more", scopes=["notes:read"])


def ask(alice, key=None, path="/v1/forward-auth", *, method="GET", original=None, **headers):
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if key:
        sent["x-api-key"] = key
    if original:
        sent["X-Original-Method"], sent["X-Original-URI"] = original
    return alice.app.test_client().open(path, method=method, headers=sent)


def test_allow_is_an_empty_200_with_every_identity_header(alice, notes):
    answer = ask(alice, notes["key"], original=("GET", "/v1/notes?page=2"))
    assert (answer.status_code, answer.data) == (200, b"")
    assert [answer.headers[name] for name in IDENTITY] == [
        notes["id"],
        alice.org,
        "notes:read",
        "N%C3%B6tes%20%26%20more",
        "0",
    ]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Request-Id"]
    assert "Content-Security-Policy" not in answer.headers


def test_a_public_route_passes_without_a_key_and_as_nobody(alice, notes):
    for key in (None, "not-a-key", notes["key"]):
        answer = ask(alice, key, original=("OPTIONS", "/v1/notes"))
        assert (answer.status_code, answer.data) == (200, b"")
        assert [answer.headers.getlist(name) for name in IDENTITY] == [["-"]] * 5
        assert answer.headers["Cache-Control"] == "no-store"
    assert ask(alice, original=("GET", "/v1/notes")).status_code == 401
    assert ask(alice, original=("OPTIONS", "/v1/notes/1")).status_code == 403
    assert ask(alice, original=("OPTIONS", "/v1//notes")).status_code == 403


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "PURGE"])
def test_every_method_may_ask(alice, notes, method):
    assert ask(alice, notes["key"], method=method, original=("GET", "/v1/notes")).status_code == 200


def test_a_foreign_site_may_ask_and_any_host(alice, notes):
    answer = ask(
        alice,
        notes["key"],
        method="POST",
        original=("GET", "/v1/notes"),
        Sec_Fetch_Site="cross-site",
        Host="api.example.net",
    )
    assert answer.status_code == 200


def test_both_spellings_of_the_address_answer(alice, notes):
    assert ask(alice, notes["key"], "/api/v1/forward-auth", original=("GET", "/v1/notes")).status_code == 200
    assert ask(alice, notes["key"], "/v1/forward-authority", original=("GET", "/v1/notes")).status_code == 404


def test_caddys_and_traefiks_pair_asks_too(alice, notes):
    forwarded = {"X_Forwarded_Method": "GET", "X_Forwarded_Uri": "/v1/notes"}
    assert ask(alice, notes["key"], **forwarded).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X_Original_URI": "/v1/notes"},
        {"X_Original_Method": "GET"},
        {"X_Original_Method": "GET", "X_Original_URI": "/v1/notes", "X_Forwarded_Uri": "/v1/notes"},
        {
            "X_Original_Method": "GET",
            "X_Original_URI": "/v1/notes",
            "X_Forwarded_Method": "GET",
            "X_Forwarded_Uri": "/",
        },
        {
            "X_Original_Method": "GET",
            "X_Original_URI": "/v1/notes",
            "X_Forwarded_Method": "POST",
            "X_Forwarded_Uri": "/v1/notes",
        },
        {
            "X_Original_Method": "GET",
            "X_Original_URI": "/v1/notes?a=1",
            "X_Forwarded_Method": "GET",
            "X_Forwarded_Uri": "/v1/notes?a=2",
        },
    ],
)
def test_half_a_question_or_two_that_differ_are_refused(alice, notes, headers):
    answer = ask(alice, notes["key"], **headers)
    assert (answer.status_code, answer.get_json()["error_code"]) == (403, "NOTHING_ASKED")


def test_the_path_form_is_envoys_way(alice, notes):
    assert ask(alice, notes["key"], "/v1/forward-auth/v1/notes?a=1").status_code == 200
    assert ask(alice, notes["key"], "/v1/forward-auth/v1/notes", method="POST").status_code == 403
    assert ask(alice, notes["key"], "/v1/forward-auth/v1/notes", original=("GET", "/v1/notes")).status_code == 200
    assert ask(alice, notes["key"], "/v1/forward-auth/v1/notes", original=("GET", "/v1/other")).status_code == 403


def test_a_key_with_networks_is_refused_where_the_proxies_name_no_client(alice, set_settings):
    set_settings(trusted_hops=2)
    key = alice.create_key(scopes=["notes:read"], networks=["127.0.0.0/8"])["key"]
    question = {"original": ("GET", "/v1/notes")}
    assert ask(alice, key, **question, X_Forwarded_For="127.0.0.1, 198.51.100.1").status_code == 200
    for forwarded in ({}, {"X_Forwarded_For": ""}, {"X_Forwarded_For": "198.51.100.1"}, {"X_Forwarded_For": ", ::1"}):
        refused = ask(alice, key, **question, **forwarded)
        assert (refused.status_code, refused.get_json()["error_code"]) == (403, "IP_NOT_ALLOWED")


def test_without_a_trusted_peer_headers_ask_nothing(alice, notes, set_settings):
    set_settings(trusted_hops=0)
    refused = ask(alice, notes["key"], original=("GET", "/v1/notes"))
    assert (refused.status_code, refused.get_json()["error_code"]) == (403, "NOTHING_ASKED")
    assert "X-Original-Method, X-Original-Uri" in refused.get_json()["detail"]
    assert "TRUSTED_HOPS is 0" in refused.get_json()["detail"]
    assert "TRUSTED_HOPS" not in ask(alice, notes["key"]).get_json()["detail"]
    assert ask(alice, notes["key"], "/v1/forward-auth/v1/notes", original=("GET", "/other")).status_code == 200


@pytest.mark.parametrize(
    "uri",
    [
        "/v1/notes/%2e%2e",
        "/v1/notes/..",
        "/v1/notes/.",
        "/v1/./notes",
        "/v1//notes",
        "//v1/notes",
        "/v1/notes/",
        "/v1/notes;x",
        "/v1/notes/a;b=c",
        "/v1/notes/a%2fb",
        "/v1/notes/a%2Fb",
        "/v1/notes/a%5cb",
        "/v1/notes/a\\b",
        "/v1/notes/%00",
        "/v1/notes/a%0d%0ab",
        "/v1/notes/%252e%252e",
        "/v1/notes/a#b",
        "/v1/notes/a b",
        "/v1/notes/%zz",
        "/v1/notes/%3b",
        "http://other.example/v1/notes",
        "v1/notes",
        "*",
        "/v1/notes/" + "a" * 3000,
    ],
)
def test_an_address_with_several_readings_is_refused(alice, uri):
    key = alice.create_key(scopes=["notes:write"])["key"]
    assert ask(alice, key, original=("GET", "/v1/notes/a%20b%C3%A9")).status_code == 200
    assert ask(alice, key, X_Original_Method="GET", X_Original_URI=uri.encode().decode("latin-1")).status_code == 403


@pytest.mark.parametrize("path", ["//v1/notes", "/v1/notes/%2e%2e/x", "/v1/notes/a%5cb", "/v1/notes/a;b", "/v1/%252e"])
def test_the_path_form_judges_what_was_decoded(alice, notes, path):
    assert ask(alice, notes["key"], f"/v1/forward-auth{path}").status_code == 403


def test_no_credential_an_unknown_one_and_two_are_401(alice, notes):
    for headers, code in [
        ({}, "MISSING_CREDENTIAL"),
        ({"x_api_key": "whk_wrong"}, "INVALID_KEY"),
        ({"x_api_key": notes["key"], "Authorization": "Bearer other"}, "AMBIGUOUS_CREDENTIALS"),
        ({"x_api_key": notes["key"], "x_install_id": "0f9dd17e-8c0f-4a53-9a5a-3c2f4a0b7d11"}, "AMBIGUOUS_CREDENTIALS"),
        ({"Cookie": "whs_session=x"}, "MISSING_CREDENTIAL"),
    ]:
        answer = ask(alice, original=("GET", "/v1/notes"), **headers)
        assert (answer.status_code, answer.get_json()["error_code"]) == (401, code)
        assert answer.content_type == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="keydesk"')
        assert answer.headers["X-Auth-Error-Code"] == code
        assert [answer.headers[name] for name in IDENTITY] == ["-"] * 5


def test_a_refusal_leads_to_the_metadata_of_the_api_that_was_asked(alice, set_settings):
    def named(**headers):
        challenge = ask(alice, original=("GET", "/v1/notes"), **headers).headers["WWW-Authenticate"]
        return challenge.partition('resource_metadata="')[2].removesuffix('/.well-known/oauth-protected-resource"')

    ours = "http://localhost:7860"
    assert named(X_Forwarded_Host="api.example.com") == ours
    set_settings(api_urls=("https://api.example.com", "https://b.example:8443"))
    for headers, origin in [
        ({"X_Forwarded_Host": "api.example.com"}, "https://api.example.com"),
        ({"X_Forwarded_Host": "API.example.com:443", "X_Forwarded_Proto": "http"}, "https://api.example.com"),
        ({"X_Forwarded_Host": "b.example", "Host": "api.example.com"}, "https://b.example:8443"),
        # Envoy's way.
        ({"Host": "api.example.com"}, "https://api.example.com"),
        # Not listed.
        ({"X_Forwarded_Host": "c.example", "Host": "api.example.com"}, ours),
        ({"X_Forwarded_Host": "api.example.com, b.example"}, ours),
        ({"X_Forwarded_Host": 'api.example.com"'}, ours),
        ({}, ours),
    ]:
        assert named(**headers) == origin, headers
    set_settings(api_urls=("https://api.example.com",), trusted_hops=0)
    for headers in ({"X_Forwarded_Host": "api.example.com"}, {"Host": "api.example.com"}):
        answer = ask(alice, path="/v1/forward-auth/v1/notes", **headers)
        assert f'"{ours}/' in answer.headers["WWW-Authenticate"]


def test_a_missing_scope_and_an_unlisted_route_are_403(alice, notes):
    assert ask(alice, notes["key"], original=("POST", "/v1/notes")).get_json()["error_code"] == "INSUFFICIENT_SCOPE"
    assert ask(alice, notes["key"], original=("GET", "/v1/other")).get_json()["error_code"] == "ROUTE_NOT_LISTED"


def test_a_revoked_key_is_refused_at_once(alice, notes):
    assert ask(alice, notes["key"], original=("GET", "/v1/notes")).status_code == 200
    assert alice.revoke(notes["id"]).status_code == 200
    answer = ask(alice, notes["key"], original=("GET", "/v1/notes"))
    assert (answer.status_code, answer.get_json()["error_code"]) == (401, "KEY_REVOKED")


def test_a_websocket_handshake_may_carry_its_token_in_the_asked_address(alice):
    key = alice.create_key(scopes=["agent:rw"])["key"]
    handshake = {"Upgrade": "websocket", "Sec_WebSocket_Key": "x"}
    answer = ask(alice, original=("GET", f"/v1/listen?token={key}&model=tiny.en"), **handshake)
    assert answer.status_code == 200
    # No handshake, no token; and a handshake is a GET.
    assert ask(alice, original=("GET", f"/v1/notes?token={key}")).status_code == 401
    assert ask(alice, original=("POST", f"/v1/listen?token={key}"), **handshake).status_code == 401
    assert ask(alice, key, original=("GET", "/v1/listen?token=other"), **handshake).status_code == 401


@pytest.mark.parametrize("headers", [{}, {"Upgrade": "websocket"}, {"Sec_WebSocket_Key": "x"}])
def test_a_websocket_row_opens_nothing_that_is_not_upgraded(alice, headers):
    key = alice.create_key(scopes=["agent:rw"])["key"]
    answer = ask(alice, key, original=("GET", "/v1/listen"), **headers)
    assert (answer.status_code, answer.get_json()["error_code"]) == (403, "ROUTE_NOT_LISTED")


def test_a_header_that_a_proxy_passes_on_empty_is_none(alice, notes):
    empty = {"Sec_WebSocket_Key": "", "Upgrade": "", "x_install_id": "", "Authorization": ""}
    answer = ask(alice, notes["key"], original=("GET", "/v1/notes"), **empty)
    assert (answer.status_code, "Sunset" in answer.headers) == (200, False)
    # No handshake, so the query holds no credential.
    assert ask(alice, original=("GET", f"/v1/notes?token={notes['key']}"), **empty).status_code == 401


def test_an_install_id_is_told_that_it_is_deprecated(alice, cast):
    answer = ask(alice, original=("POST", "/v1/listen"), x_install_id=cast.install_id())
    assert answer.status_code == 200
    assert answer.headers["Sunset"] == "Thu, 31 Dec 2026 23:59:59 GMT"
    assert answer.headers["X-Auth-Name"] == "Install%20id"


def test_a_fault_is_closed(alice, notes, app, monkeypatch):
    monkeypatch.setattr(app.extensions["runtime"].key_cache, "cached", lambda *_: 1 / 0)
    answer = ask(alice, notes["key"], original=("GET", "/v1/notes"))
    assert (answer.status_code, answer.get_json()["error_code"]) == (503, "FAULT")


@pytest.mark.parametrize(
    ("header", "value", "said"),
    [
        ("Authorization", "{}", "has no scheme before the key"),
        ("Authorization", "Bearer\t{}", "put a space after Bearer"),
        ("x-api-key", "Bearer {}", "begins with the word Bearer"),
    ],
)
def test_a_credential_that_is_not_read_is_explained(alice, notes, header, value, said):
    answer = ask(alice, original=("GET", "/v1/notes"), **{header: value.format(notes["key"])})
    assert answer.status_code == 401
    assert said in answer.get_json()["detail"]
    assert notes["key"] not in answer.text
