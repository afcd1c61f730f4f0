"""Whatever somebody calls a key, a browser or themselves, pages show it as text. (A dialog, a console error and a
broken policy raise the alarm in every browser test.)"""

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
    "img, svg:not(.icon, .spark), iframe, object, embed, base, textarea, style, b, i, script:not([src^='/static/']),"
    " [onerror], [onload], [onfocus], a[href^='javascript:'], [action*=evil], [href*=evil]"
)

READ = """selector => [
    [...document.querySelectorAll(selector)].map((element) => element.outerHTML),
    document.querySelector("main").innerText,
    document.title,
]"""


def assert_only_text(visitor, name):
    injected, text, title = visitor.page.evaluate(READ, INJECTED)
    assert injected == []
    assert " ".join(name.split()) in " ".join(text.split())
    assert title.endswith("· Keydesk")
    assert visitor.take_alarms() == []


def links(page, action):
    """Where the keys of the list lead to, the newest first."""
    rows = page.locator("tbody th a").all()
    return [f"{link.get_attribute('href')}/{action}" for link in rows]


def test_a_key_may_be_called_anything(visitor, subtests):
    page = visitor.become("xena").page
    for name in NAMES:
        with subtests.test(f"create {name}"):
            visitor.create_key(name)
            assert_only_text(visitor, name)
            page.reload()
            assert_only_text(visitor, name)

    page.goto("/")
    for name in NAMES:
        assert_only_text(visitor, name)
    for name, rotate, revoke in zip(reversed(NAMES), links(page, "rotate"), links(page, "revoke"), strict=False):
        with subtests.test(f"rotate and revoke {name}"):
            page.goto(rotate)
            assert_only_text(visitor, name)
            page.goto(revoke)
            assert_only_text(visitor, name)
            page.get_by_role("button", name="Revoke key").click()
            expect(page.get_by_role("status").first).to_contain_text("is revoked")
            assert_only_text(visitor, name)


def test_an_organization_may_be_called_anything(visitor, subtests):
    page = visitor.sign_in().page
    for name in NAMES:
        with subtests.test(f"rename to {name}"):
            visitor.follow(page.get_by_role("link", name="Settings"))
            page.get_by_label("Name", exact=True).fill(name)
            visitor.follow(page.get_by_role("button", name="Save name"))
            assert_only_text(visitor, name)
            visitor.follow(page.get_by_role("link", name=f"Delete {name}"))
            assert_only_text(visitor, name)


def test_a_browser_may_call_itself_anything(open_browser):
    name = "<img src=x onerror=alert(1)>"
    visitor = open_browser(user_agent=name).sign_in()
    visitor.page.goto("/sessions")
    assert_only_text(visitor, name)


def test_an_address_may_hold_signs_that_mean_something_elsewhere(visitor):
    visitor.sign_in("o'neil&{{7*7}}`x`@example.com")
    assert_only_text(visitor, "o'neil&{{7*7}}`x`’s organization")


def test_a_refused_address_comes_back_as_text(visitor):
    page = visitor.page
    page.goto("/sign-in")
    page.get_by_label("Email address").fill('"><script>alert(1)</script>')
    page.get_by_role("button", name="Send me a sign-in link").click()
    expect(page.get_by_label("Email address")).to_have_value('"><script>alert(1)</script>')
    assert page.locator(INJECTED).count() == 0
