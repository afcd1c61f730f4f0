"""All pages look like one: sizes, and what has the accent colour (docs/adr/0007-css.md)."""

from tests.browser.check import check
from tests.browser.views import PHONE_DARK, WIDE


@check(views=[WIDE, PHONE_DARK])
def text_is_15_pixels_the_heading_24_and_controls_40_high(opened):
    sizes = opened.ask("sizes")
    assert (sizes["body"], sizes["heading"]) == (15, 24)
    assert [control for control in sizes["controls"] if control["height"] != 40] == []


@check("1.4.3", views=[PHONE_DARK])
def on_a_phone_every_text_has_contrast_in_the_dark_too(opened):
    """What axe says of the colours of a wide window in the dark and of a phone in the light, at a tenth of the time."""
    assert opened.ask("faintTexts") == []


@check(views=[WIDE, PHONE_DARK])
def at_most_one_button_has_the_accent_colour(opened):
    assert len(opened.ask("accentButtons")) <= 1
