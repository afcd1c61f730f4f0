"""What the axe engine can tell about a page by itself."""

import pytest

from tests.browser import axe
from tests.browser.visitor import PHONE, WIDE


@pytest.mark.wcag("1.4.3")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_no_violation_and_every_text_has_contrast(there, viewport, scheme):
    there.set_viewport_size(viewport)
    there.emulate_media(color_scheme=scheme)
    found = axe.run(there)
    assert found.violations_count == 0, found.generate_report()
    # A field with a picture in it, like the arrow of a choice, is left to others: the picture is not behind the text.
    for undecided in found.response["incomplete"]:
        for node in undecided["nodes"] if undecided["id"] == "color-contrast" else []:
            assert node["any"][0]["data"]["messageKey"] == "bgImage"
            assert there.locator(node["target"][0]).evaluate("probe.textContrast") >= 4.5


@pytest.mark.wcag("1.4.3", "1.4.13")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pointing_at_a_control_keeps_its_contrast_and_opens_nothing(there, scheme):
    there.emulate_media(color_scheme=scheme)
    text = there.evaluate("probe.visibleText()")
    for control in there.locator("main :is(a, button), header :is(a, button)").filter(visible=True).all():
        control.hover(force=True)
        found = control.evaluate(
            "element => ({hovered: element.matches(':hover'), contrast: probe.textContrast(element),"
            " text: probe.visibleText(), what: probe.describe(element)})"
        )
        assert found["hovered"], found["what"]
        assert found["contrast"] >= 4.5, found["what"]
        assert found["text"] == text, found["what"]
