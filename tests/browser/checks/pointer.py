"""Pointing at a control, pressing it, and saying its name."""

from tests.browser import axe_engine
from tests.browser.check import check
from tests.browser.views import WIDE, WIDE_DARK

#: Everything that our scripts listen to: a click elsewhere and Escape close a menu.
LISTENED_TO = {"click on button", "click on window", "keydown on details", "pagehide on window"}


@check("1.4.3", "1.4.13")
def pointing_at_a_control_keeps_its_contrast_and_opens_nothing(opened):
    text, page = opened.ask("visibleText"), opened.page
    # So high that nothing has to be scrolled.
    page.set_viewport_size({"width": opened.view.width, "height": opened.ask("height")})
    opened.change("recordPointing")
    for x, y in opened.ask("pointable"):
        page.mouse.move(x, y)
    assert opened.ask("neverPointedAt") == []
    for found in opened.ask("pointedAt"):
        assert found["contrast"] >= 4.5, found["what"]
        assert found["text"] == text, found["what"]


@check("1.4.3", views=[WIDE_DARK])
def pointing_at_a_control_keeps_its_contrast_in_the_dark_too(opened):
    # A class in place of the pointer: in the light, the pointer itself has shown that nothing but colours changes.
    opened.change("markPointedAt")
    assert opened.ask("faintWherePointedAt") == []


@check("2.5.1", "2.5.2", "2.5.4", "2.5.7", "2.1.4")
def scripts_listen_to_clicks_and_to_escape_alone(opened):
    assert set(opened.ask("listeners")) <= LISTENED_TO
    assert opened.ask("draggedOrByShortcut") == []


@check("2.5.3")
def what_a_control_is_called_holds_what_one_reads_on_it(opened):
    axe_engine.load(opened.page)
    for control in opened.ask("seenAndCalled"):
        assert control["called"].startswith(control["seen"]), control
        assert control["seen"], control


@check("1.4.11", views=[WIDE, WIDE_DARK])
def fields_and_buttons_stand_out_from_the_page(opened):
    assert opened.ask("faintParts") == []
