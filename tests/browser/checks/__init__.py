"""The checks that every page must pass, a file a topic. A new one is a function with `@check` in any of these files."""

from importlib import import_module
from pkgutil import iter_modules

from tests.browser.check import REGISTERED as CHECKS
from tests.browser.check import Check
from tests.browser.views import View

for module in iter_modules(__path__, f"{__name__}."):
    import_module(module.name)


def by_view() -> dict[View, list[Check]]:
    """The checks of each view: the window changes once a view, and the colours once, at the end.

    (Where motion is allowed, colours fade, and a check would see them move.)
    """
    views = dict.fromkeys(view for check in CHECKS for view in check.views)
    return {
        view: [check for check in CHECKS if view in check.views]
        for view in sorted(views, key=lambda view: view.scheme == "dark")
    }
