"""Nothing is lost when the window is small, the text large, or spread out."""

import pytest

from tests.browser.check import check
from tests.browser.views import IN_BETWEEN, LOW, LOW_AND_NARROW, NARROWEST, PHONE, WIDE


@check("1.4.10", views=[NARROWEST])
def at_320_pixels_nothing_scrolls_sideways(opened):
    assert opened.ask("lost") == []


@check("1.4.12", views=[NARROWEST, WIDE])
def spread_out_text_is_not_cut_off(opened):
    opened.change("spreadText")
    assert opened.ask("lost") == []


@check("1.4.4", views=[LOW, LOW_AND_NARROW])
def text_of_twice_the_size_is_not_cut_off(opened):
    before = opened.ask("headingSize")
    opened.change("doubleText")
    assert opened.ask("headingSize") == pytest.approx(2 * before)
    assert opened.ask("lost") == []


@check("1.3.4", views=[PHONE])
def a_phone_may_be_held_either_way(opened):
    upright = opened.ask("content")
    opened.page.set_viewport_size({"width": PHONE.height, "height": PHONE.width})
    assert opened.ask("content") == upright
    assert opened.ask("lost") == []


@check(views=[NARROWEST, *IN_BETWEEN])
def nothing_touches_the_edge_of_the_window(opened):
    margins = opened.ask("margins")
    assert margins
    assert [margin for margin in margins if margin["pixels"] < 8] == []


@check("2.5.8", views=[PHONE, WIDE])
def every_target_can_be_hit(opened):
    assert opened.ask("smallTargets") == []


@check("1.3.2", views=[PHONE, WIDE])
def the_source_has_the_order_that_one_sees(opened):
    assert opened.ask("outOfOrder") == []
