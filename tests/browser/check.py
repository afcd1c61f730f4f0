"""What makes a function a check: a decorator that says which WCAG criteria it checks, and in which views."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.browser.opened_page import OpenedPage
from tests.browser.views import WIDE, View

Run = Callable[[OpenedPage], None]


@dataclass(frozen=True)
class Check:
    run: Run
    criteria: tuple[str, ...]
    views: tuple[View, ...]

    def __str__(self) -> str:
        return f"{self.run.__module__.rpartition('.')[2]}: {self.run.__name__}"


REGISTERED: list[Check] = []


def check(*criteria: str, views: Sequence[View] = (WIDE,)) -> Callable[[Run], Run]:
    """Makes a function run on every page in each of the `views`.

    `criteria` are those of WCAG 2.2 that it checks: the accessibility report may claim these and no others. It finds
    the page as it was opened. It may press keys, move the pointer, resize the window and change styles, but must stay
    on the page.
    """
    assert views, "a check without a view would never run"

    def register(run: Run) -> Run:
        REGISTERED.append(Check(run, criteria, tuple(views)))
        return run

    return register
