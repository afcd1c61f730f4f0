"""Email addresses in documents, pages, mails and examples are nobody's (RFC 2606, RFC 5737)."""

import re

from tests.docs.pages import PAGES, ROOT

ADDRESS = re.compile(r"[\w.+-]+@((?:[\w-]+\.)+\w+)")
RESERVED = re.compile(r"(?:.*\.)?(?:example|test|invalid|localhost|example\.(?:com|net|org))|192\.0\.2\.\d+")
FOLDERS = ("app", "benchmarks", "deploy", "screenshots", "static/js", "templates")


def test_each_is_reserved():
    texts = [*PAGES, *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.*") if file.suffix != ".pyc")]
    found = [
        (str(file.relative_to(ROOT)), match[0])
        for file in texts
        for match in ADDRESS.finditer(file.read_text(encoding="utf-8"))
        if not RESERVED.fullmatch(match[1])
    ]
    assert found == []
    assert len(texts) > 100
