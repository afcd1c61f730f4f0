"""Static files as they are served: made once, made again when a source changes."""

import gzip
import json
import shutil
import subprocess
import sys
import threading

import brotli
import pytest

from app.wsgi.static_manifest import BUNDLES, SOURCES, Manifest


@pytest.fixture
def sources(tmp_path):
    """A copy of ours, without the megabyte of Swagger UI that takes seconds to compress."""
    folder = tmp_path / "static"
    shutil.copytree(SOURCES, folder)
    for bundle in folder.glob("vendor/swagger-ui-*/*.js"):
        bundle.write_text("// short")
    return folder


@pytest.fixture
def manifest(sources, tmp_path):
    def manifest(**options):
        return Manifest(**{"follows_changes": False, "sources": sources, "build": tmp_path / "build"} | options)

    return manifest


def content(manifest, name):
    return (manifest.folder / manifest.served_name(name)).read_bytes()


def test_style_sheets_are_joined_in_order(manifest, sources):
    sheet = content(manifest(), "site.css").decode()
    places = [sheet.index((sources / part).read_text()) for part in BUNDLES["site.css"]]
    assert places == sorted(places)


def test_each_of_our_sheets_is_sent():
    sent = {part for parts in BUNDLES.values() for part in parts}
    assert {f"css/{file.name}" for file in (SOURCES / "css").iterdir()} <= sent


def test_a_name_changes_with_the_content_and_with_nothing_else(manifest, sources, tmp_path):
    before = manifest().served_name("js/copy.js")
    (sources / "js/secret.js").write_text("// another")
    assert manifest().served_name("js/copy.js") == before
    (sources / "js/copy.js").write_text("// another")
    assert manifest().served_name("js/copy.js") != before


def test_compressed_copies_hold_the_same(manifest):
    made = manifest()
    name, plain = made.served_name("site.css"), content(made, "site.css")
    assert gzip.decompress((made.folder / f"{name}.gz").read_bytes()) == plain
    assert brotli.decompress((made.folder / f"{name}.br").read_bytes()) == plain


def test_what_is_not_sent_has_no_name(manifest):
    assert manifest().served_name("vendor/README.md") is None
    assert manifest().served_name("css/tokens.css") is None
    assert manifest().served_name("../wsgi.py") is None


def test_what_is_made_is_not_made_again(manifest, tmp_path):
    name = manifest().served_name("site.css")
    file = tmp_path / "build/static" / name
    made_at = file.stat().st_mtime_ns
    assert manifest().served_name("site.css") == name
    assert file.stat().st_mtime_ns == made_at


@pytest.mark.parametrize("damage", ["gone", "not json", "a file is gone"])
def test_what_is_missing_is_made_again(manifest, tmp_path, damage):
    name = manifest().served_name("site.css")
    if damage == "gone":
        (tmp_path / "build/static.json").unlink()
    elif damage == "not json":
        (tmp_path / "build/static.json").write_text("{")
    else:
        (tmp_path / "build/static" / name).unlink()
    assert manifest().served_name("site.css") == name
    assert (tmp_path / "build/static" / name).is_file()
    assert name in json.loads((tmp_path / "build/static.json").read_text())["names"].values()


def test_in_dev_mode_a_changed_file_has_its_new_name_at_once(manifest, sources):
    followed, kept = manifest(follows_changes=True), manifest()
    before = followed.served_name("site.css"), kept.served_name("site.css")
    (sources / "css/button.css").write_text(".button { color: red; }")
    assert kept.served_name("site.css") == before[1]
    assert followed.served_name("site.css") != before[0]
    assert b".button { color: red; }" in content(followed, "site.css")


def test_many_who_make_them_at_the_same_time_make_them_whole(manifest):
    threads = [threading.Thread(target=manifest().prepare) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = manifest()
    name = made.served_name("site.css")
    assert gzip.decompress((made.folder / f"{name}.gz").read_bytes()) == content(made, "site.css")
    assert [file.name for file in made.folder.parent.iterdir() if file.name.startswith("tmp")] == []


def test_where_nothing_can_be_written_it_says_so(manifest, tmp_path):
    (tmp_path / "build").write_text("a file in its place")
    with pytest.raises(OSError, match="build"):
        manifest().prepare()


def test_copied_files_with_new_times_are_enough_where_nothing_can_be_written(manifest, sources, tmp_path, monkeypatch):
    name = manifest().served_name("site.css")
    (sources / "js/copy.js").touch()

    def refuse(*_args, **_options):
        raise PermissionError("read-only")

    monkeypatch.setattr("tempfile.TemporaryDirectory", refuse)
    assert manifest().served_name("site.css") == name


def test_make_setup_makes_them():
    subprocess.run([sys.executable, "-m", "app.wsgi.static_manifest"], cwd=SOURCES.parent, check=True)
    names = json.loads((SOURCES.parent / "build/static.json").read_text())["names"]
    assert set(BUNDLES) < set(names)


def test_what_is_shipped_needs_no_sources_and_makes_nothing(manifest, tmp_path):
    made = manifest()
    (made.folder / "js").mkdir(parents=True)
    (made.folder / "js/copy.of-an-earlier-version.js").touch()
    shipped = tmp_path / "shipped"
    made.ship(shipped)
    before = {file: file.stat().st_mtime_ns for file in shipped.rglob("*")}
    reader = manifest(is_shipped=True, sources=tmp_path / "nowhere", build=shipped)
    assert content(reader, "site.css") == content(made, "site.css")
    assert {file: file.stat().st_mtime_ns for file in shipped.rglob("*")} == before
    assert not list(shipped.rglob("*earlier*"))
