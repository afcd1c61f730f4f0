"""Install IDs: the headers of responses to them, and the page that these link to."""

from tests.web.pages import Page


def test_the_page_says_when_they_end_and_the_way_to_a_key(app):
    page = Page(app.test_client().get("/install-ids"))
    assert "31 December 2026" in page.text
    assert "/sign-in" in page.links
    assert page.title == "Move from install IDs to API keys · Keydesk"
