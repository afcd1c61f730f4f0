"""The file with all icons."""

from xml.etree import ElementTree as ET

from app.wsgi.icon_sprite import sprite
from app.wsgi.static_manifest import ICONS, SOURCES


def test_each_vendored_icon_is_a_symbol_with_its_shapes():
    files = sorted(SOURCES.glob(ICONS))
    symbols = list(ET.fromstring(sprite(files)))
    assert [symbol.get("id") for symbol in symbols] == [file.stem for file in files]
    assert "check" in [file.stem for file in files]
    for file, symbol in zip(files, symbols, strict=True):
        shapes = ET.parse(file).getroot()
        assert [shape.attrib for shape in symbol] == [shape.attrib for shape in shapes]


def test_no_colour_or_stroke_comes_from_the_file(tmp_path):
    (tmp_path / "dot.svg").write_text('<svg\n  stroke="red"\n>\n  <circle r="1" />\n</svg>')
    expected = (
        '<svg xmlns="http://www.w3.org/2000/svg"><symbol id="dot" viewBox="0 0 24 24"><circle r="1" /></symbol></svg>'
    )
    assert sprite([tmp_path / "dot.svg"]).decode() == expected
