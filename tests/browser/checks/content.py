"""Nothing on a page is only for those who see, hear or keep up with it."""

import re

from tests.browser.check import check
from tests.browser.views import WIDE_MOVING

#: Words that only mean something to who sees (or hears) the page.
SENSORY = re.compile(
    r"\b(above|below|beneath|(?<!who )(?<!Owner )left|right|top|bottom|corner|round|square|circle|arrow|icon"
    r"|colou?r(ed)?|red|green|blue|yellow|bold|larger?|smaller?|beep|sound)\b",
    re.IGNORECASE,
)
STATES = {"Active", "Failing", "Expires soon", "Being replaced", "Owner left", "Suspended", "Expired", "Revoked"}
STATES |= {"This browser"}
EMPTY_WORDS = {"", "here", "click here", "link", "more", "read more", "this"}


@check("1.1.1", "1.4.5")
def no_page_has_a_picture(opened):
    assert opened.ask("pictures") == []


@check("1.2.1", "1.2.2", "1.2.3", "1.2.4", "1.2.5", "1.4.2")
def no_page_plays_sound_or_film(opened):
    assert opened.ask("media") == []


@check("2.2.2", "2.3.1", views=[WIDE_MOVING])
def nothing_moves_blinks_or_renews_itself(opened):
    before = opened.ask("visibleText")
    opened.page.wait_for_timeout(100)
    assert opened.ask("moving") == []
    assert opened.ask("visibleText") == before


@check("1.3.3")
def no_text_speaks_of_places_shapes_or_colours(opened):
    assert SENSORY.findall(opened.ask("visibleText")) == []


@check("2.4.4")
def links_with_the_same_text_lead_to_the_same_place(opened):
    targets: dict[str, set[str]] = {}
    for link in opened.ask("links"):
        assert link["text"].lower() not in EMPTY_WORDS
        if link["inLog"]:
            continue
        targets.setdefault(link["text"], set()).add(link["target"])
    ambiguous = {text for text, found in targets.items() if len(found) > 1}
    # An old key and its successor have one name; what each begins with is beside it.
    assert ambiguous <= {"Being replaced"}


@check("1.4.1")
def links_in_text_are_underlined_and_states_are_words(opened):
    assert [link["text"] for link in opened.ask("links") if link["inText"] and not link["underlined"]] == []
    assert set(opened.ask("badges")) <= STATES


@check("3.2.6")
def no_page_offers_help_that_could_move_about(opened):
    offers = re.compile("help|support|contact|chat|mailto:|tel:", re.IGNORECASE)
    assert [link for link in opened.ask("links") if offers.search(link["text"] + link["target"])] == []
