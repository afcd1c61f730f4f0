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
from screenshots.mails import MAILS, Mail, pages
from screenshots.pictures import PICTURES, Picture
from screenshots.server import HOST, serving

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
#: What is added to a picture's name; the window, and the colours.
VIEWS = (("", WIDE, "light"), ("-dark", WIDE, "dark"), ("-phone", PHONE, "light"))
#: Those of mails, which are as high as they are. Colours and widths do not depend on each other.
MAIL_VIEWS: tuple[tuple[str, ViewportSize, str], ...] = (
    ("", {"width": 600, "height": 100}, "light"),
    ("-phone-dark", {"width": 390, "height": 100}, "dark"),
)
#: Colours of a picture, which are so near to its own that nobody sees the difference.
COLOURS = 256
#: Of a mail, which is text.
MAIL_COLOURS = 8
#: By how much a colour may be off before anybody sees it, of 255.
UNSEEN = 8


def files(picture: Picture) -> list[str]:
    return [f"{picture.name}{suffix}.webp" for suffix, _, _ in VIEWS]


def mail_files(mail: Mail) -> list[str]:
    return [f"mails/{mail.kind}{suffix}.webp" for suffix, _, _ in MAIL_VIEWS]


def take(folder: Path, pictures: Sequence[Picture]) -> None:
    """Writes the files of these pictures. Raises `RuntimeError` for a page that does not answer as it must."""
    with serving() as (port, demo), browser(port) as chromium:
        for picture in pictures:
            with _context(chromium, demo if picture.signed_in else None) as context:
                page = _opened(context, picture, demo)
                for name, (_, size, colours) in zip(files(picture), VIEWS, strict=True):
                    _show(page, size, colours)
                    _write(folder / name, page.screenshot(animations="disabled"), COLOURS)


def take_mails(folder: Path) -> None:
    """Writes the pictures of all mails, of the HTML that people get."""
    (folder / "mails").mkdir(exist_ok=True)
    with browser() as chromium, chromium.new_page() as page:
        for mail, html in pages():
            page.set_content(html)
            for name, (_, size, colours) in zip(mail_files(mail), MAIL_VIEWS, strict=True):
                _show(page, size, colours)
                _write(folder / name, page.screenshot(full_page=True), MAIL_COLOURS)


def _show(page: Page, size: ViewportSize, colours: str) -> None:
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=colours, reduced_motion="reduce")  # type: ignore[arg-type]


@contextmanager
def browser(port: int = 0) -> Iterator[Browser]:
    """A browser that finds the demo at its address, if it is at a port. Raises `RuntimeError` without a Chromium."""
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


def _write(file: Path, png: bytes, colours: int) -> None:
    """What the window shows, in a fifth of the bytes of the PNG that Playwright makes of it. A picture that looks the
    same stays as it is: a browser does not draw each curve the same each time."""
    with Image.open(BytesIO(png)) as shot:
        few = shot.convert("RGB").quantize(colours, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
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
        take_mails(FOLDER)
    except RuntimeError as error:
        sys.exit(str(error))
    there = [file for file in FOLDER.rglob("*") if file.is_file()]
    for file in there:
        if str(file.relative_to(FOLDER)) not in wanted():
            file.unlink()
    size = sum(file.stat().st_size for file in there if file.exists())
    print(f"{len(wanted())} pictures in {FOLDER}, {size:,} bytes")


def wanted() -> set[str]:
    """The files that belong there."""
    return {name for names in (*map(files, PICTURES), *map(mail_files, MAILS)) for name in names}


if __name__ == "__main__":
    main()
