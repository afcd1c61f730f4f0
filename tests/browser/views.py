"""How pages are looked at: the size of the window, and what the person has set their system to."""

from dataclasses import dataclass

from playwright.sync_api import Page, ViewportSize


@dataclass(frozen=True)
class View:
    """`width` and `height` are the window's, in CSS pixels."""

    width: int
    height: int
    scheme: str = "light"
    #: "reduce": the person wants as little motion as possible. "no-preference": whatever moves, moves.
    motion: str = "reduce"

    def __str__(self) -> str:
        settings = [self.scheme, *(["with motion"] if self.motion != "reduce" else [])]
        return f"{self.width}×{self.height} {' '.join(settings)}"

    @property
    def size(self) -> ViewportSize:
        return {"width": self.width, "height": self.height}

    def apply(self, page: Page, before: "View | None" = None) -> None:
        """`before` is the view that the page is in. What both share is not set again: each change costs a layout."""
        if before is None or before.size != self.size:
            page.set_viewport_size(self.size)
        if before is None or (before.scheme, before.motion) != (self.scheme, self.motion):
            page.emulate_media(color_scheme=self.scheme, reduced_motion=self.motion)


WIDE = View(1280, 800)
WIDE_DARK = View(1280, 800, scheme="dark")
WIDE_MOVING = View(1280, 800, motion="no-preference")
PHONE = View(375, 812)
PHONE_DARK = View(375, 812, scheme="dark")
#: The narrowest window in which nothing may scroll sideways (WCAG 1.4.10).
NARROWEST = View(320, 640)
#: Half as high, so that text of twice the size (WCAG 1.4.4) fills it as the text of a window of 800 pixels does.
LOW = View(1280, 400)
LOW_AND_NARROW = View(640, 400)
#: Between the widths at which the layout changes.
IN_BETWEEN = (View(600, 800), View(900, 800), View(1100, 800))
