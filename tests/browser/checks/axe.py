"""What the axe engine can tell about a page by itself."""

from tests.browser import axe_engine
from tests.browser.check import check
from tests.browser.views import PHONE, PHONE_DARK, WIDE, WIDE_DARK


@check("1.4.3", views=[WIDE, WIDE_DARK, PHONE, PHONE_DARK])
def axe_finds_no_violation_and_every_text_has_contrast(opened):
    found = axe_engine.run(opened.page)
    assert found.violations_count == 0, found.generate_report()
    # A field with a picture in it, like the arrow of a choice, is left to others: the picture is not behind the text.
    for undecided in found.response["incomplete"]:
        for node in undecided["nodes"] if undecided["id"] == "color-contrast" else []:
            assert node["any"][0]["data"]["messageKey"] == "bgImage"
            assert opened.page.locator(node["target"][0]).evaluate("probe.textContrast") >= 4.5
