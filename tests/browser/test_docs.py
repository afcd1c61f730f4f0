"""The API description in a browser: looked at, tried out, and what it lacks."""

import pytest
from playwright.sync_api import expect

from tests.browser import axe_engine
from tests.browser.views import PHONE_DARK, WIDE
from tests.browser.visitor import visiting

#: What axe finds in Swagger UI, which others make; app/accessibility_report.yaml says so in words.
KNOWN = {
    "nested-interactive",
    "heading-order",
    "region",
    "button-name",
    "label-content-name-mismatch",
    "target-size",
}


def open_docs(visitor, host="localhost"):
    visitor.page.goto(f"{visitor.site.url.replace('localhost', host)}/docs")
    visitor.page.get_by_role("link", name="Show the interactive API description").click()
    # A megabyte and a half of script, on a machine that may be busy.
    expect(visitor.page.locator(".opblock").first).to_be_visible(timeout=30_000)
    return visitor.page


@pytest.fixture(scope="module")
def docs(chromium, in_dev_mode):
    """The page, opened once (it takes a second of work) by somebody who is signed in."""
    with visiting(chromium, in_dev_mode) as visitor:
        yield open_docs(visitor.become("erin"))


def try_out(page, operation):
    block = page.locator(f"#operations-{operation}")
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    return block.locator(".live-responses-table .response")


def test_a_key_is_tried_out_on_the_page(visitor):
    """By another name than PUBLIC_URL's: the page connects to where it came from, and its policy allows no other."""
    _, key = visitor.become("alice").key_from_api("Tried out", "agent:rw")
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    page = open_docs(visitor, host="127.0.0.1")
    page.get_by_role("button", name="Authorize", exact=True).click()
    dialog = page.locator(".auth-container").filter(has_text="x-api-key")
    dialog.locator("input").fill(key)
    dialog.get_by_role("button", name="Apply credentials").click()
    page.locator(".modal-ux-header .close-modal").click()

    answer = try_out(page, "Me-me_show")

    expect(answer.locator(".response-col_status")).to_have_text("200")
    expect(answer).to_contain_text('"name": "Tried out"')
    names = (visitor.site.url, visitor.site.url.replace("localhost", "127.0.0.1"))
    assert [url for url in asked if not url.startswith((*names, "data:"))] == []
    assert key not in str(page.evaluate("[{...localStorage}, {...sessionStorage}]"))


def test_every_text_has_contrast_and_axe_finds_nothing_but_what_the_report_admits(docs):
    docs.locator("#operations-Me-me_show .opblock-summary-control").click()
    expect(docs.locator("#operations-Me-me_show .responses-table")).to_be_visible()
    docs.get_by_role("button", name="Authorize", exact=True).click()
    for view, background in ((WIDE, "rgba(0, 0, 0, 0)"), (PHONE_DARK, "rgb(28, 32, 34)")):
        view.apply(docs)
        expect(docs.locator("html")).to_have_css("background-color", background)
        assert {violation["id"] for violation in axe_engine.run(docs).response["violations"]} <= KNOWN
        assert not docs.evaluate("probe.scrollsSideways()")
    docs.locator(".modal-ux-header .close-modal").click()


def test_who_is_signed_in_tries_out_what_sessions_open(docs):
    answer = try_out(docs, "Organizations-organizations_index")
    expect(answer.locator(".response-col_status")).to_have_text("200")
    expect(answer).to_contain_text("erin’s organization")


def test_without_javascript_the_page_leads_to_the_files(open_browser):
    visitor = open_browser(java_script_enabled=False)
    for path in ("/docs", "/docs?interactive=yes"):
        visitor.page.goto(path)
        expect(visitor.page.get_by_role("heading", name="API description")).to_be_visible()
        expect(visitor.page.get_by_text("needs JavaScript")).to_be_visible()
        for name in ("openapi.json", "auth.md"):
            target = visitor.page.get_by_role("main").get_by_role("link", name=name).get_attribute("href")
            assert visitor.context.request.get(target).ok
