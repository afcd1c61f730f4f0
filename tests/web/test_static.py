"""Static files: vendored ones are what they claim to be."""

import hashlib
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "static"
VENDOR = STATIC / "vendor"
OWN_STYLES = sorted((STATIC / "css").glob("*.css"))
#: A block for one of the two colour schemes: rules of one level.
OF_A_SCHEME = re.compile(r"@media[^{]*prefers-color-scheme[^{]*\{((?:[^{}]*\{[^{}]*\})*)\s*\}")
#: A semicolon within a picture's `url(...)` ends nothing.
DECLARATION = re.compile(r"([\w-]+)\s*:\s*((?:url\([^)]*\)|[^;])+)")


def declarations_of_schemes(style: Path) -> list[tuple[str, str]]:
    """Properties and values that depend on the colour scheme."""
    blocks = OF_A_SCHEME.findall(style.read_text())
    assert len(blocks) == style.read_text().count("prefers-color-scheme")
    rules = [rule for block in blocks for rule in re.findall(r"\{([^{}]*)\}", block)]
    return [declaration for rule in rules for declaration in DECLARATION.findall(rule)]


def test_vendored_files_have_their_recorded_checksums():
    recorded = dict(line.split()[::-1] for line in (VENDOR / "SHA256SUMS").read_text().splitlines())
    files = {str(file.relative_to(VENDOR)) for file in VENDOR.rglob("*") if file.suffix in {".css", ".js", ".svg"}}
    assert files == set(recorded)
    for name, checksum in recorded.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == checksum


def test_static_files_are_revalidated_not_stored_blindly(app):
    client = app.test_client()
    answer = client.get("/static/css/tokens.css", buffered=True)
    assert answer.headers["Cache-Control"] == "no-cache"
    again = client.get("/static/css/tokens.css", headers={"If-None-Match": answer.headers["ETag"]}, buffered=True)
    assert again.status_code == 304


@pytest.mark.parametrize("style", OWN_STYLES, ids=lambda style: style.name)
def test_in_the_dark_only_colours_and_pictures_change(style):
    """So tests of pages look for everything else in the light alone."""
    for name, value in declarations_of_schemes(style):
        assert name.startswith("--") or name == "background", name
        assert re.match(r"#[0-9a-f]{6}$|url\(|var\(--", value), f"{name}: {value}"


def test_in_the_dark_pico_changes_nothing_but_its_variables_and_filters():
    (pico,) = VENDOR.glob("pico-*.css")
    names = {name for name, _ in declarations_of_schemes(pico)}
    assert {name for name in names if not name.startswith("--")} <= {"color-scheme", "filter"}
    assert [name for name in names if re.search("size|spacing|width|font|radius|line-height", name)] == []
