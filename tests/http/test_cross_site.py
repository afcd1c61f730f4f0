"""One mechanism against cross-site requests, for forms and JSON alike."""

import pytest

REFUSED = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "anything"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:7860"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://["},
    {"Origin": "http://[x]"},
    {"Origin": "https://localhost:7860"},
    {"Origin": "http://localhost:7861"},
    {"Origin": "http://localhost:7860.evil.example"},
    {"Origin": "http://127.0.0.1:7860"},
]
ALLOWED = [
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost:7860"},
    {"Origin": "http://127.0.0.1:7860", "Host": "127.0.0.1:7860"},
]
CHANGES = [
    "/v1/auth/request",
    "/v1/auth/sign-out",
    "/v1/auth/callback",
    "/sign-in",
    "/sign-in/again",
    "/v1/cache/invalidate",
    "/v1/keys/verify",
    "/v1/notes",
    "/v1/notes/n",
    "/v1/listen",
    "/api/v1/auth/request",
    "/v1/orgs",
    "/v1/orgs/{org}",
    "/v1/orgs/{org}/members/p",
    "/v1/orgs/{org}/invitations",
    "/v1/orgs/{org}/invitations/i",
    "/v1/orgs/{org}/keys",
    "/v1/orgs/{org}/keys/k",
    "/v1/orgs/{org}/keys/k/revoke",
    "/v1/orgs/{org}/keys/k/rotate",
    "/v1/orgs/{org}/keys/k/extend",
    "/v1/orgs/{org}/keys/k/undo-revoke",
    "/v1/orgs/{org}/keys/k/suspend",
    "/v1/orgs/{org}/keys/k/resume",
    "/v1/orgs/{org}/key-policy",
    "/orgs/new",
    "/orgs/{org}/settings",
    "/orgs/{org}/settings/delete",
    "/orgs/{org}/settings/keys",
    "/orgs/{org}/members/p/role",
    "/orgs/{org}/members/p/remove",
    "/orgs/{org}/members/leave",
    "/orgs/{org}/audit-log/check",
    "/orgs/{org}/keys/new",
    "/orgs/{org}/shown-key/keydesk.env",
    "/orgs/{org}/shown-key/test",
    "/orgs/{org}/keys/k/change",
    "/orgs/{org}/keys/k/revoke",
    "/orgs/{org}/keys/k/rotate",
    "/orgs/{org}/keys/k/extend",
    "/orgs/{org}/keys/k/undo-revoke",
    "/orgs/{org}/keys/k/suspend",
    "/orgs/{org}/keys/k/resume",
    "/orgs/{org}/keys/revoke",
    "/orgs/{org}/keys/search",
    "/orgs/{org}/invitations/new",
    "/orgs/{org}/invitations/i/withdraw",
    "/invitations/i/sign-in",
    "/invitations/i/accept",
    "/invitations/i/decline",
    "/sessions/s/end",
    "/sessions/end-others",
    "/account/mails",
    "/v1/auth/email-code",
    "/v1/auth/email-code/verify",
    "/v1/keys/create",
    "/v1/keys/k/revoke",
    "/v1/agent/sign-up",
    "/v1/agent/verify",
    "/device",
    "/device/decide",
]


#: They read no cookie, so a page of another site gains nothing by calling them.
FOR_ANY_ORIGIN = {"/v1/device/authorize", "/v1/device/token"}


def test_the_list_of_changes_is_whole(app):
    paths = {
        rule.rule.replace("<org>", "{org}")
        .replace("<key>", "k")
        .replace("<session>", "s")
        .replace("<person>", "p")
        .replace("<invitation>", "i")
        .replace("<note>", "n")
        for rule in app.url_map.iter_rules()
        if (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    }
    assert paths == (set(CHANGES) - {"/api/v1/auth/request"}) | FOR_ANY_ORIGIN


@pytest.mark.parametrize("path", CHANGES)
def test_a_change_from_elsewhere_is_refused_with_or_without_a_session(alice, app, path):
    for headers in REFUSED:
        for client in (alice.http, app.test_client()):
            answer = client.post(path.format(org=alice.org), headers=headers)
            assert (answer.status_code, "CROSS_SITE" in answer.text) == (403, True), headers


@pytest.mark.parametrize("headers", ALLOWED)
def test_a_change_from_here_or_from_no_browser_is_taken(app, headers):
    answer = app.test_client().post("/v1/auth/request", json={"email": "a@example.com"}, headers=headers)
    assert answer.status_code == 200


def test_reading_is_nobodys_harm(alice):
    assert alice.http.get("/v1/orgs", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
