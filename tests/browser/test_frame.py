"""The menus of the header: opened, one at a time, and what stands in them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import axe_engine
from tests.browser.views import NARROWEST, PHONE_DARK, WIDE
from tests.browser.visitor import visiting


@pytest.fixture
def mona(chromium, in_dev_mode):
    """An admin of one organization and the owner of another."""
    with visiting(chromium, in_dev_mode) as visitor:
        visitor.become("mona").page.goto("/sessions")
        yield visitor


def summary(page, menu):
    return page.locator(f"header .{menu} summary")


@pytest.mark.parametrize("view", [WIDE, PHONE_DARK, NARROWEST], ids=str)
@pytest.mark.parametrize("menu", ["org", "person"])
def test_an_open_menu_fits_and_axe_finds_nothing(mona, menu, view):
    page = mona.page
    view.apply(page)
    summary(page, menu).click()
    entries = page.locator(f"header .{menu} ul")
    expect(entries).to_be_visible()
    box = entries.bounding_box()
    assert box["x"] >= 4
    assert box["x"] + box["width"] <= view.width - 4
    assert not page.evaluate("probe.scrollsSideways()")
    found = axe_engine.run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("probe.smallTargets()") == []


def test_one_menu_is_open_at_a_time(mona):
    page = mona.page
    summary(page, "org").click()
    summary(page, "person").click()
    expect(page.locator("header .org ul")).to_be_hidden()
    expect(page.locator("header .person ul")).to_be_visible()


def test_a_menu_closes_by_a_click_elsewhere_and_by_escape(mona):
    page = mona.page
    entries = page.locator("header .org ul")
    summary(page, "org").click()
    page.get_by_role("heading", level=1).click()
    expect(entries).to_be_hidden()
    summary(page, "org").press("Enter")
    expect(entries).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(entries).to_be_hidden()
    expect(summary(page, "org")).to_be_focused()


def test_the_switcher_tells_each_organization_with_the_role_and_goes_there(mona):
    page = mona.page
    summary(page, "org").press("Enter")
    for entry in ("mona’s organization owner", "alice’s organization admin"):
        expect(page.locator("header .org").get_by_role("link", name=entry, exact=True)).to_be_visible()
    mona.follow(page.get_by_role("link", name="alice’s organization admin"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Keys")
    expect(summary(page, "org")).to_contain_text("alice’s organization")
    page.goto("/device")
    expect(summary(page, "org")).to_contain_text("alice’s organization")


def test_the_docs_are_one_link_away_from_any_page(mona):
    mona.follow(mona.page.locator("header").get_by_role("link", name="Docs"))
    expect(mona.page).to_have_url(re.compile("/guide$"))


def test_on_a_phone_tabs_fade_where_there_are_more_and_nowhere_else(mona):
    page = mona.page

    def fades():
        return page.locator(".tabs").evaluate(
            "tabs => ['start', 'end'].map(end => parseFloat(getComputedStyle(tabs).getPropertyValue(`--fade-${end}`)))"
        )

    def scrolled_to(place):
        page.locator(".tabs").evaluate("(tabs, place) => tabs.scrollTo(place * tabs.scrollWidth, 0)", place)
        # How far one has scrolled is known with the next frame.
        page.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        return [size > 0 for size in fades()]

    page.goto("/")
    assert fades() == [0, 0]
    NARROWEST.apply(page)
    assert [scrolled_to(0), scrolled_to(0.2), scrolled_to(1)] == [[False, True], [True, True], [True, False]]
