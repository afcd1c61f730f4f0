"""What the axe engine can tell about a page by itself."""

from tests.browser import axe_engine
from tests.browser.check import check
from tests.browser.views import PHONE, WIDE, WIDE_DARK


@check("1.4.3", views=[WIDE, PHONE])
def axe_finds_no_violation_and_every_text_has_contrast(opened):
    no_violation(opened, axe_engine.RULES)


@check("1.4.3", views=[WIDE_DARK])
def axe_finds_no_violation_in_the_colours_of_the_dark(opened):
    """The rest is as it is in the light: there, `tests/web/test_static.py` says, only colours change."""
    no_violation(opened, axe_engine.COLOUR_RULES)


def no_violation(opened, rules):
    found = axe_engine.run(opened.page, rules)
    assert found.violations_count == 0, found.generate_report()
    # A field with a picture in it, like the arrow of a choice, is left to others: the picture is not behind the text.
    # So is a tab of which a phone shows a part: the header scrolls.
    for undecided in found.response["incomplete"]:
        for node in undecided["nodes"] if undecided["id"] == "color-contrast" else []:
            element, why = opened.page.locator(node["target"][0]), node["any"][0]["data"]["messageKey"]
            is_scrolled = why == "elmPartiallyObscured" and element.evaluate("element => element.matches('.tabs a')")
            assert why == "bgImage" or is_scrolled, node["html"]
            assert element.evaluate("probe.textContrast") >= 4.5
