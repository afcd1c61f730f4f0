"""Who may import whom: every import of every file, and the message names the offender."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "app").rglob("*.py"))

#: What each part of `app` may import of ours. A part is a folder, or a file beside the folders.
OURS = {
    "domain": {"domain"},
    "config": {"config", "domain"},
    "extensions": {"domain"},
    "store": {"domain", "extensions", "store"},
    "services": {"config", "domain", "services", "store"},
    "http": {"config", "domain", "extensions", "http", "mail", "services", "store"},
    "mail": {"config", "domain", "services"},
    "problems": {"domain"},
    "errors": {"domain", "http", "problems", "store"},
    "web": {"domain", "problems", "extensions", "http", "services", "store", "web"},
    "api": {"api", "config", "domain", "http", "problems", "services", "store"},
    "gate": {"domain", "problems", "security_headers", "services", "store"},
    "security_headers": {"config"},
    "flask_app": set(),
    "background": {"mail", "services", "stop_signals"},
    "stop_signals": set(),
    "cli": {"cli", "config", "app", "domain", "extensions", "mail", "services", "stop_signals", "store"},
    "app": {
        "api",
        "config",
        "domain",
        "errors",
        "extensions",
        "flask_app",
        "gate",
        "http",
        "mail",
        "security_headers",
        "services",
        "store",
        "web",
    },
}
#: From the store, other layers take the types of rows and what absence looks like; queries are the services' to call.
ROWS_ONLY = {
    "http": {"app.store.sessions.LiveSession"},
    "errors": {"app.store.errors.DATABASE_UNAVAILABLE"},
    "gate": {"app.store.errors.DATABASE_UNAVAILABLE"},
    "web": {"app.store.api_keys.ListedKey", "app.store.errors.DATABASE_UNAVAILABLE"},
    "api": {"app.store.api_keys.ListedKey"},
    "cli": {"app.store.errors.DATABASE_UNAVAILABLE", "app.store.schema"},
    "app": {
        "app.store.autocommit.AutocommitReader",
        "app.store.engine",
        "app.store.engine.engine_options",
        "app.store.key_records.KeyRecords",
    },
}
#: What each part may import of others'. Parts that are not listed may import anything that is installed.
OTHERS = {
    "domain": {"itsdangerous"},
    "config": {"dotenv"},
    "services": {"limits", "yaml"},
    "store": {"psycopg", "sqlalchemy", "alembic", "flask_migrate", "flask"},
    "gate": set(),
}
KNOWS_SQL = {"store", "extensions"}


def part_of(file: Path) -> str:
    first = file.relative_to(ROOT / "app").parts[0]
    return "app" if first == "__init__.py" else first.removesuffix(".py")


def imports_of(file: Path) -> set[str]:
    """Every imported name, as a dotted path."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.relative_to(ROOT)}: write imports in full"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def target_part(name: str) -> str:
    parts = name.split(".")
    return parts[1] if (ROOT / "app" / parts[1]).exists() or (ROOT / "app" / f"{parts[1]}.py").exists() else "app"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_file_imports_only_what_its_layer_may(file):
    part = part_of(file)
    for name in imports_of(file):
        where = f"{file.relative_to(ROOT)} imports {name}"
        top = name.split(".")[0]
        if top == "app":
            assert target_part(name) in OURS[part], where
            if target_part(name) == "store" and part in ROWS_ONLY:
                assert name in ROWS_ONLY[part], where
        elif top not in sys.stdlib_module_names:
            assert top in OTHERS.get(part, {top}), where
            assert top not in {"sqlalchemy", "flask_sqlalchemy"} or part in KNOWS_SQL, where
        if part == "domain":
            assert top not in {"os", "time", "socket", "sqlite3"}, where


def test_every_part_is_in_the_table():
    assert {part_of(file) for file in FILES} == set(OURS)


def test_the_domain_asks_no_clock():
    for file in FILES:
        if part_of(file) == "domain":
            calls = {
                node.func.attr
                for node in ast.walk(ast.parse(file.read_text()))
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            }
            assert not calls & {"now", "utcnow", "today"}, file.name


def test_importing_the_domain_is_cheap():
    import subprocess

    code = (
        "import sys, app.domain.key_format; print([m for m in ('flask', 'sqlalchemy', 'pydantic') if m in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_every_service_file_has_its_twin_test():
    services = {file.stem for file in (ROOT / "app" / "services").glob("*.py")} - {"__init__", "desk"}
    tests = {file.stem.removeprefix("test_") for file in (ROOT / "tests" / "services").glob("test_*.py")}
    assert services <= tests, services - tests
