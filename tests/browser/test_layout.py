"""Nothing is lost when the window is small, the text large, or spread out."""

import pytest

from tests.browser.visitor import PHONE

SMALLEST = {"width": 320, "height": 640}


def assert_nothing_lost(page):
    assert not page.evaluate("probe.scrollsSideways()")
    assert page.evaluate("probe.cutOff()") == []
    assert page.evaluate("probe.overlaps()") == []


@pytest.mark.wcag("1.4.10")
def test_at_320_pixels_nothing_scrolls_sideways(there):
    there.set_viewport_size(SMALLEST)
    assert_nothing_lost(there)


@pytest.mark.wcag("1.4.12")
@pytest.mark.parametrize("width", [320, 1280])
def test_spread_out_text_is_not_cut_off(there, width):
    there.set_viewport_size({"width": width, "height": 800})
    there.evaluate("probe.spreadText()")
    assert_nothing_lost(there)


@pytest.mark.wcag("1.4.4")
@pytest.mark.parametrize("width", [640, 1280])
def test_text_of_twice_the_size_is_not_cut_off(there, width):
    there.set_viewport_size({"width": width, "height": 400})
    size = "parseFloat(getComputedStyle(document.querySelector('h1')).fontSize)"
    before = there.evaluate(size)
    there.evaluate("probe.doubleText()")
    assert there.evaluate(size) == pytest.approx(2 * before)
    assert_nothing_lost(there)


@pytest.mark.wcag("1.3.4")
def test_a_phone_may_be_held_either_way(there):
    there.set_viewport_size(PHONE)
    upright = there.evaluate("probe.visibleText()")
    there.set_viewport_size({"width": PHONE["height"], "height": PHONE["width"]})
    assert there.evaluate("probe.visibleText()") == upright
    assert_nothing_lost(there)


def test_nothing_touches_the_edge_of_the_window(there):
    for width in (320, 600, 900, 1100):
        there.set_viewport_size({"width": width, "height": 800})
        places = there.evaluate("""
            [...document.querySelectorAll("header > *, main > *")].map((part) => part.getBoundingClientRect())
                .map(({ left, right }) => [left, innerWidth - right])
        """)
        assert places
        assert all(min(left, right) >= 8 for left, right in places), (width, places)


@pytest.mark.wcag("2.5.8")
@pytest.mark.parametrize("width", [375, 1280])
def test_every_target_can_be_hit(there, width):
    there.set_viewport_size({"width": width, "height": 800})
    assert there.evaluate("probe.smallTargets()") == []


@pytest.mark.wcag("1.3.2")
@pytest.mark.parametrize("width", [375, 1280])
def test_the_source_has_the_order_that_one_sees(there, width):
    there.set_viewport_size({"width": width, "height": 800})
    assert there.evaluate("probe.outOfOrder()") == []


@pytest.mark.wcag("1.4.11")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fields_and_buttons_stand_out_from_the_page(there, scheme):
    there.emulate_media(color_scheme=scheme)
    assert there.evaluate("probe.faintParts()") == []
