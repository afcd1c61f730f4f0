"""The command: takes every picture, light and dark, wide and on a phone."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from screenshots.demo import NOW, Demo
from screenshots.pictures import PICTURES, Picture
from screenshots.server import HOST, serving

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
#: What is added to a picture's name; the window, and the colours.
VIEWS = (("", WIDE, "light"), ("-dark", WIDE, "dark"), ("-phone", PHONE, "light"))
#: Colours of a picture, which are so near to its own that nobody sees the difference.
COLOURS = 256
#: By how much a colour may be off before anybody sees it, of 255.
UNSEEN = 8


def files(picture: Picture) -> list[str]:
    return [f"{picture.name}{suffix}.webp" for suffix, _, _ in VIEWS]


def take(folder: Path, pictures: Sequence[Picture]) -> None:
    """Writes the files of these pictures. Raises `RuntimeError` for a page that does not answer as it must."""
    with serving() as (port, demo), browser(port) as chromium:
        for picture in pictures:
            with _context(chromium, demo if picture.signed_in else None) as context:
                page = _opened(context, picture, demo)
                for name, (_, size, colours) in zip(files(picture), VIEWS, strict=True):
                    page.set_viewport_size(size)
                    page.emulate_media(color_scheme=colours, reduced_motion="reduce")  # type: ignore[arg-type]
                    _write(folder / name, page)


@contextmanager
def browser(port: int) -> Iterator[Browser]:
    """A browser that finds the demo at its address. Raises `RuntimeError` without a Chromium."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise RuntimeError("The pictures need Chromium: apt-get install chromium")
    # The same text on every machine: without the hints of its screen for how to smooth letters.
    arguments = [f"--host-resolver-rules=MAP {HOST} 127.0.0.1:{port}", "--disable-gpu", "--disable-lcd-text"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=arguments)
        yield chromium
        chromium.close()


@contextmanager
def _context(chromium: Browser, demo: Demo | None) -> Iterator[BrowserContext]:
    """A person's browser, signed in to the demo."""
    url = f"https://{HOST}"
    with chromium.new_context(
        base_url=url, ignore_https_errors=True, viewport=WIDE, locale="en-GB", timezone_id="UTC"
    ) as context:
        context.clock.set_fixed_time(NOW)
        if demo:
            context.add_cookies([{"name": "whs_session", "value": demo.session, "url": url}])
        yield context


def _opened(context: BrowserContext, picture: Picture, demo: Demo) -> Page:
    page, path = context.new_page(), picture.path.format(**demo.places)
    answer = page.goto(path)
    if answer is None or answer.status != picture.status:
        raise RuntimeError(f"{path} answered {answer and answer.status} instead of {picture.status}")
    picture.then(page)
    page.mouse.move(0, 0)
    page.wait_for_load_state("networkidle")
    return page


def _write(file: Path, page: Page) -> None:
    """What the window shows, in a fifth of the bytes of the PNG that Playwright makes of it. A picture that looks the
    same stays as it is: a browser does not draw each curve the same each time."""
    with Image.open(BytesIO(page.screenshot(animations="disabled"))) as shot:
        few = shot.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    if not file.exists() or _differs(file, few):
        few.save(file, "WEBP", lossless=True, method=6)


def _differs(file: Path, picture: Image.Image) -> bool:
    with Image.open(file) as before:
        if before.size != picture.size:
            return True
        difference = ImageChops.difference(before.convert("RGB"), picture.convert("RGB"))
    return max(most for _, most in difference.getextrema()) > UNSEEN


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    try:
        take(FOLDER, PICTURES)
    except RuntimeError as error:
        sys.exit(str(error))
    wanted = {name for picture in PICTURES for name in files(picture)}
    for file in FOLDER.iterdir():
        if file.name not in wanted:
            file.unlink()
    size = sum(file.stat().st_size for file in FOLDER.iterdir())
    print(f"{len(wanted)} pictures in {FOLDER}, {size:,} bytes")


if __name__ == "__main__":
    main()
