"""A page that is open in a browser, for the checks to look at."""

from collections.abc import Callable
from typing import Any, TypeVar

from playwright.sync_api import Page

from tests.browser.page_states import PageState
from tests.browser.views import WIDE, View
from tests.browser.visitor import Visitor

Record = TypeVar("Record")


class OpenedPage:
    """A page in a state; a visitor has just opened it, in the view WIDE."""

    def __init__(self, visitor: Visitor, state: PageState) -> None:
        self.state, self.view = state, WIDE
        self._page = visitor.page
        self._untouched = False
        self._records: dict[tuple[View, Callable[[OpenedPage], Any]], Any] = {}

    def show(self, view: View) -> None:
        self.reset()
        view.apply(self._page, before=self.view)
        self.view = view

    def ask(self, question: str) -> Any:
        """What a probe (probes/*.js) answers. Probes that are asked leave the page as it is."""
        return self._page.evaluate(f"probe.{question}()")

    @property
    def page(self) -> Page:
        """Playwright's page. A check that takes it counts as having touched it: the next one finds it reset."""
        self._untouched = False
        return self._page

    def change(self, what: str) -> None:
        """Lets a probe change the page."""
        self.page.evaluate(f"probe.{what}()")

    def once(self, record: Callable[["OpenedPage"], Record]) -> Record:
        """What `record` returns. It runs once in this view, however many checks need it."""
        key = self.view, record
        if key not in self._records:
            self._records[key] = record(self)
        return self._records[key]

    def reset(self) -> None:
        """Back to how it was opened: at the top, nothing focused, the pointer in the corner."""
        if self._untouched:
            return
        if self._page.viewport_size != self.view.size:
            self._page.set_viewport_size(self.view.size)
        if self.ask("reset"):
            # A move waits for the next frame, up to 16 ms.
            self._page.mouse.move(0, 0)
        self._untouched = True
