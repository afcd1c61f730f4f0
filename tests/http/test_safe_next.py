"""Where a sign-in may lead. That it does lead there is in tests/web/test_sign_in.py."""

import pytest

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
def test_it_may_lead_to_every_page_of_ours_that_needs_one(next_page, target):
    assert next_page(target) == target


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
