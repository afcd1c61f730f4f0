"""Whatever somebody calls a key, a browser or themselves, pages show it as text. (A dialog, a console error and a
broken policy raise the alarm in every browser test.)"""

import pytest
from playwright.sync_api import expect

NAMES = [
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "</title></textarea></style><script>alert(1)</script>",
    "{{ 7 * 7 }} ${7*7} {% raw %}",
    "<a href=javascript:alert(1)>Revoke</a><form action=//evil.example>",
    "&lt;b&gt; &#x3c;i&#x3e; javascript:alert(1)",
    "<base href=//evil.example><link rel=stylesheet href=//evil.example>",
]
INJECTED = (
    "img, svg, iframe, object, embed, base, textarea, style, b, i, script:not([src^='/static/']), [onerror], [onload],"
    " [onfocus], a[href^='javascript:'], [action*=evil], [href*=evil]"
)


def assert_only_text(page, name):
    assert page.locator(INJECTED).count() == 0
    assert name in " ".join(page.locator("main").inner_text().split())
    assert page.title().endswith("· Keydesk")


@pytest.mark.parametrize("name", NAMES)
def test_a_key_may_be_called_anything(visitor, name):
    page = visitor.become("xena").page
    shown = " ".join(name.split())

    visitor.create_key(name)
    assert_only_text(page, shown)
    page.reload()
    assert_only_text(page, shown)

    page.goto("/")
    assert_only_text(page, shown)
    questions = [page.locator(f"a[href$='/{action}']").first.get_attribute("href") for action in ("rotate", "revoke")]
    for question in questions:
        page.goto(question)
        assert_only_text(page, shown)
    page.get_by_role("button", name="Revoke key").click()
    expect(page.get_by_role("status")).to_contain_text("is revoked")
    assert_only_text(page, shown)


def test_a_browser_may_call_itself_anything(open_browser):
    name = "<img src=x onerror=alert(1)>"
    page = open_browser(user_agent=name).sign_in().page
    page.goto("/sessions")
    assert_only_text(page, name)


def test_an_address_may_hold_signs_that_mean_something_elsewhere(visitor):
    page = visitor.sign_in("o'neil&{{7*7}}`x`@example.com").page
    assert_only_text(page, "o'neil&{{7*7}}`x`’s organization")


def test_a_refused_address_comes_back_as_text(visitor):
    page = visitor.page
    page.goto("/sign-in")
    page.get_by_label("Email address").fill('"><script>alert(1)</script>')
    page.get_by_role("button", name="Send me a sign-in link").click()
    expect(page.get_by_label("Email address")).to_have_value('"><script>alert(1)</script>')
    assert page.locator(INJECTED).count() == 0
