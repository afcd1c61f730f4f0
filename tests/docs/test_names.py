"""What documents name is there: files they link to, files and folders of this repository, modules and functions."""

import re
from importlib import import_module

from tests.docs.pages import PAGES, ROOT, code

PARTS = sorted(part.name for part in (ROOT / "app").iterdir() if part.is_dir() and part.name != "__pycache__")
#: A path from the root of the repository, or from app/; may hold `*`.
_PATH = re.compile(
    rf"(?:app|benchmarks|deploy|docs|migrations|requirements|static|templates|tests|{'|'.join(PARTS)})/[\w.*/-]*"
)
#: A file and what is in it: "`services/keys.py` `create`".
_FILE_AND_NAME = re.compile(r"`(?:app/)?([\w/]+)\.py` `([\w.]+)`")
#: "`services.keys.create()`".
_DOTTED = re.compile(rf"(?:app\.)?((?:{'|'.join(PARTS)})\.\w+)((?:\.\w+)*)(?:\(.*\))?")


def said_by(page, what):
    return f"{page.relative_to(ROOT)} names {what}"


def is_there(path):
    return any(list(start.glob(path.rstrip("/"))) for start in (ROOT, ROOT / "app"))


def anchors(page):
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(page, target):
    file, _, anchor = target.partition("#")
    found = (page.parent / file).resolve() if file else page
    return found.exists() and (not anchor or anchor in anchors(found))


def test_links_lead_to_what_is_there():
    broken = [
        said_by(page, target)
        for page in PAGES
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not leads_somewhere(page, target)
    ]
    assert broken == []


def test_documents_that_are_named_exist():
    """In documents and in code, with or without backticks."""
    gone = [
        said_by(file, named)
        for file in [*PAGES, *(ROOT / "app").rglob("*.py"), *(ROOT / "migrations").rglob("*.py")]
        for named in re.findall(r"\bdocs/[\w/-]+\.md\b", file.read_text(encoding="utf-8"))
        if not (ROOT / named).exists()
    ]
    assert gone == []


def test_paths_exist():
    gone = [
        said_by(page, path)
        for page in PAGES
        for path in code(page.read_text(encoding="utf-8"))
        if _PATH.fullmatch(path) and not is_there(path)
    ]
    assert gone == []


def test_modules_and_functions_exist():
    gone = [
        said_by(page, name)
        for page in PAGES
        for name in code(page.read_text(encoding="utf-8"))
        if (dotted := _DOTTED.fullmatch(name)) and not is_there(name) and not is_importable(dotted[1], dotted[2])
    ]
    assert gone == []


def test_files_hold_what_is_said_to_be_in_them():
    gone = [
        said_by(page, f"{file}.py {name}")
        for page in PAGES
        for file, name in _FILE_AND_NAME.findall(page.read_text(encoding="utf-8"))
        if not is_defined(ROOT / "app" / f"{file}.py", name.split(".")[-1])
    ]
    assert gone == []


def is_importable(module, attributes):
    try:
        found = import_module(f"app.{module}")
        for attribute in attributes.split(".")[1:]:
            found = getattr(found, attribute)
    except (ImportError, AttributeError):
        return False
    return True


def is_defined(file, name):
    return file.exists() and re.search(rf"^ *(def|class) {name}\b", file.read_text(encoding="utf-8"), re.MULTILINE)
