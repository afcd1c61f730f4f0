"""The accessibility report in short."""

import re

from app.services import accessibility_report
from tests.web.pages import Page


def test_every_criterion_of_the_report_is_on_the_page_once(app):
    page = Page(app.test_client().get("/accessibility"))
    assert page.title == "Accessibility · Keydesk"
    numbers = [
        criterion["num"]
        for chapter in accessibility_report.report()["chapters"].values()
        for criterion in chapter["criteria"]
    ]
    listed = [number for group in re.findall(r"<dd>\d+: ([\d., ]+)</dd>", page.text) for number in group.split(", ")]
    assert sorted(listed) == sorted(numbers)


def test_levels_have_their_words(app):
    text = app.test_client().get("/accessibility").text
    for words in ("Met", "Nothing to meet", "Not evaluated"):
        assert f"<dt>{words}</dt>" in text
    assert "Not met" not in text
