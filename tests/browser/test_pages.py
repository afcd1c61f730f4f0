"""Every page in every state: opened once, and all checks run there."""

import pytest

from tests.browser.checks import by_view
from tests.browser.opened_page import OpenedPage
from tests.browser.page_states import PAGE_STATES
from tests.browser.views import WIDE


@pytest.fixture(params=PAGE_STATES, ids=str)
def state(request):
    return request.param


@pytest.fixture
def visitor(state, request):
    """Somebody who has opened the page. All pages share one browser, without the cookies of the page before."""
    visitor = request.getfixturevalue("visitor_with_mail" if state.needs_mail else "visitor_in_dev_mode")
    visitor.context.clear_cookies()
    WIDE.apply(visitor.page)
    state.open(visitor)
    assert visitor.take_alarms() == []
    return visitor


def test_page(state, visitor, html_checker, subtests):
    with subtests.test("the Nu HTML checker"):
        assert html_checker.problems(visitor.document()) == []
    opened = OpenedPage(visitor, state)
    for view, checks in by_view().items():
        opened.show(view)
        for check in checks:
            with subtests.test(f"{check}, {view}"):
                opened.reset()
                check.run(opened)
                assert visitor.take_alarms() == []


@pytest.mark.wcag("2.4.2")
def test_no_two_pages_share_a_title():
    headings = {state.title: state.heading for state in PAGE_STATES}
    assert all(headings[state.title] == state.heading for state in PAGE_STATES)
