"""The pictures of pages in docs/screenshots: taken by `make screenshots`, and shown by the README."""

import re

import pytest
from PIL import Image

from screenshots.__main__ import FOLDER, PICTURES, files, take
from tests.browser.chromium import NAMES, program
from tests.docs.pages import ROOT

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


def test_there_is_a_picture_of_each_page_and_no_other_and_all_are_small():
    there = {file.name: file.stat().st_size for file in FOLDER.iterdir()}
    assert there.keys() == {name for picture in PICTURES for name in files(picture)}
    assert sum(there.values()) < MOST_BYTES


def test_the_readme_shows_three_that_are_there():
    shown = re.findall(r"docs/screenshots/([\w.-]+)", (ROOT / "README.md").read_text())
    assert len(shown) == 3
    assert {FOLDER / name for name in shown} <= set(FOLDER.iterdir())
