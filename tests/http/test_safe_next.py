"""Where a sign-in may lead. That it does lead there is in tests/web/test_sign_in.py."""

import re

import pytest

from app.http.guards import RequireSignIn
from app.http.safe_next import MAX_LENGTH, safe_next


@pytest.fixture
def next_page(app):
    def next_page(target):
        with app.test_request_context():
            return safe_next(target)

    return next_page


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/sessions",
        "/device",
        "/orgs/org_1/keys",
        "/orgs/org_1/keys/key_1/revoke",
        "/orgs/org_1/keys/key_1/change",
        "/orgs/org_1/members",
        "/orgs/org_1/members/usr_1/remove",
        "/orgs/x/keys?cursor=1",
        "/device?user_code=WDJB-MJHT",
    ],
)
def test_it_may_lead_to_these_pages_with_their_queries(next_page, target):
    assert next_page(target) == target


def test_it_may_lead_to_every_page_that_needs_a_sign_in(app, next_page):
    """Downloads are no pages; the others are reached from a form or from a page with the same address."""
    no_pages = {"audit_download.as_csv", "audit_download.as_json", "key_list.export"}
    needing = {
        rule.endpoint: re.sub(r"<\w+>", "x", rule.rule)
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and isinstance(app.view_functions[rule.endpoint].guard, RequireSignIn)
        and not rule.rule.startswith(("/v1/", "/api/v1/"))
    }
    assert len(needing) > 20
    refused = {endpoint for endpoint, path in needing.items() if next_page(path) != path}
    assert refused <= no_pages


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/%5cevil.example",
        "/sign-in",
        "/v1/auth/sign-out",
        "/nope",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "/sign-in?next=/",
        "/nope?/sessions",
        "?/sessions",
        "/sessions?\r\nx",
        "",
        None,
        "/sessions#top",
        "/sessions/",
        "/sessions/ses_1/end",
        "/static/css/tokens.css",
        "/orgs/" + "x" * MAX_LENGTH + "/keys",
    ],
)
def test_it_never_leads_elsewhere(next_page, target):
    assert next_page(target) is None
