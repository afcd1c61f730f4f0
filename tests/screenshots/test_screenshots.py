"""The pictures of pages and mails in docs/screenshots: taken by `make screenshots`, and shown by the README."""

import re

import pytest
from PIL import Image

from screenshots.__main__ import FOLDER, PICTURES, files, mail_files, take, take_mails, wanted
from screenshots.mails import MAILS, pages
from tests.browser.chromium import NAMES, program
from tests.docs.pages import ROOT
from tests.mail.test_messages import EVERY_MAIL

MOST_BYTES = 2_000_000


@pytest.fixture
def chosen():
    """Pictures of a page with data, of one on which something is done, and of an error."""
    program(*NAMES)
    return [picture for picture in PICTURES if picture.name in {"keys", "new-key", "not-found"}]


@pytest.mark.soak
def test_each_page_is_taken_wide_and_on_a_phone_and_the_same_each_time(tmp_path, chosen):
    take(tmp_path, chosen)
    for picture in chosen:
        wide, dark, phone = (tmp_path / name for name in files(picture))
        assert [size(file) for file in (wide, dark, phone)] == [(1280, 800), (1280, 800), (390, 844)]
        assert brightness(wide) > 200
        assert brightness(dark) < 60
    before = contents(tmp_path)
    (tmp_path / "keys.webp").write_bytes(before["keys-dark.webp"])
    take(tmp_path, chosen)
    assert brightness(tmp_path / "keys.webp") > 200
    assert contents(tmp_path) | {"keys.webp": b""} == before | {"keys.webp": b""}


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def size(file):
    with Image.open(file) as picture:
        return picture.size


def brightness(file):
    """Of most of it, from 0 to 255."""
    with Image.open(file) as picture:
        counts = picture.convert("L").histogram()
        return counts.index(max(counts))


@pytest.mark.soak
def test_each_mail_is_taken_wide_in_the_light_and_on_a_phone_in_the_dark(tmp_path):
    take_mails(tmp_path)
    for mail in MAILS:
        wide, phone = (tmp_path / name for name in mail_files(mail))
        assert (size(wide)[0], size(phone)[0]) == (600, 390)
        assert brightness(wide) > 200
        assert brightness(phone) < 60


def test_there_is_a_picture_of_each_page_and_mail_and_no_other_and_all_are_small():
    there = {str(file.relative_to(FOLDER)): file.stat().st_size for file in FOLDER.rglob("*") if file.is_file()}
    assert there.keys() == wanted()
    assert sum(there.values()) < MOST_BYTES
    assert {mail.kind for mail in MAILS} == set(EVERY_MAIL)


def test_no_picture_shows_an_address_that_somebody_could_have():
    """RFC 2606 and RFC 6761 for names, RFC 5737 for IP addresses."""
    shown = " ".join(html for _, html in pages()) + (ROOT / "screenshots" / "demo.py").read_text()
    domains = set(re.findall(r"[\w.+-]+@([\w.-]*\w)", shown)) | set(re.findall(r"https?://([\w.-]+)", shown))
    assert domains
    assert {domain for domain in domains if not domain.endswith((".example", ".test"))} == set()
    addresses = set(re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", shown))
    assert addresses
    assert {it for it in addresses if not it.startswith(("192.0.2.", "198.51.100.", "203.0.113."))} == set()


def test_the_readme_shows_three_that_are_there():
    shown = re.findall(r"docs/screenshots/([\w.-]+)", (ROOT / "README.md").read_text())
    assert len(shown) == 3
    assert {FOLDER / name for name in shown} <= set(FOLDER.iterdir())
