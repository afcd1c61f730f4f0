"""Who may import whom. One test lists every offending import."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
APP = ROOT / "app"
FILES = sorted(APP.rglob("*.py"))

#: What each part of `app` may import of ours. A part is a folder, or a file beside the folders.
OURS = {
    "domain": {"domain"},
    "config": {"config", "domain"},
    "extensions": {"domain"},
    "store": {"domain", "extensions", "store"},
    "services": {"config", "domain", "services", "store"},
    "mail": {"config", "domain", "mail", "services"},
    "http": {"config", "domain", "extensions", "http", "mail", "services", "store"},
    "web": {"config", "domain", "extensions", "http", "services", "store", "web"},
    "api": {"api", "config", "domain", "http", "services", "store"},
    "wsgi": {"config", "domain", "http", "services", "store", "wsgi"},
    "process": {"mail", "process", "services"},
    "cli": {"app", "cli", "config", "domain", "extensions", "mail", "process", "services", "store"},
    "factory": {"api", "config", "domain", "extensions", "http", "mail", "services", "store", "web", "wsgi"},
    "app": {"config", "factory"},
}
#: From the store, other layers take the types of rows and the errors of an absent database; queries are for services.
FROM_THE_STORE = {
    "http": {"app.store.sessions.LiveSession", "app.store.unavailable.DATABASE_UNAVAILABLE"},
    "wsgi": {"app.store.unavailable.DATABASE_UNAVAILABLE"},
    "web": {"app.store.keys.ListedKey", "app.store.unavailable.DATABASE_UNAVAILABLE"},
    "api": {"app.store.keys.ListedKey"},
    "cli": {
        "app.store.keys.ApiKey",
        "app.store.keys.WorkingKey",
        "app.store.migrations",
        "app.store.unavailable.DATABASE_UNAVAILABLE",
    },
    "factory": {
        "app.store.engine",
        "app.store.verification_reader.VerificationReader",
        "app.store.key_records.KeyRecords",
    },
}
#: From `http`, the WSGI layer takes what knows statuses and nothing of Flask's requests.
FROM_HTTP = {"wsgi": {"app.http.problem_details"}}
#: What each part may import of others'. A part that is not listed may import anything that is installed.
OTHERS = {
    "domain": {"email_validator", "itsdangerous"},
    "config": {"dotenv"},
    "services": {"limits", "yaml"},
    "store": {"alembic", "flask", "flask_migrate", "psycopg", "sqlalchemy"},
    "process": {"flask"},
    "app": {"flask"},
}
KNOWS_SQL = {"store", "extensions"}
#: The domain is pure: it reads neither the clock nor the environment, and no files.
NOT_IN_THE_DOMAIN = {"os", "socket", "sqlite3", "time"}
CLOCKS = {"now", "today", "utcnow"}
#: Where an import inside a function is right, and why.
LATE_IMPORTS = {
    "app/__init__.py": "importing app.domain or app.cli must not load Flask",
    "app/domain/email_address.py": "email-validator takes 20 ms, and a command without an address starts without it",
}


class Import(NamedTuple):
    """`name` is dotted: a module, or what is imported from it."""

    file: str
    part: str
    name: str
    is_late: bool

    def __str__(self) -> str:
        return f"{self.file} imports {self.name}"

    @property
    def top(self) -> str:
        return self.name.split(".")[0]

    @property
    def target(self) -> str:
        """The part of `app` that it leads to."""
        first = self.name.split(".")[1]
        return first if (APP / first).is_dir() or (APP / f"{first}.py").exists() else "app"


def part_of(file: Path) -> str:
    first = file.relative_to(APP).parts[0]
    return "app" if first == "__init__.py" else first.removesuffix(".py")


def imports() -> Iterator[Import]:
    for file in FILES:
        name, tree = str(file.relative_to(ROOT)), ast.parse(file.read_text())
        late = {
            node for function in ast.walk(tree) if isinstance(function, ast.FunctionDef) for node in ast.walk(function)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(name, part_of(file), alias.name, node in late)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{name}: write imports in full"
                for alias in node.names:
                    yield Import(name, part_of(file), f"{node.module}.{alias.name}", node in late)


def is_allowed(found: Import) -> bool:
    part = found.part
    if found.top == "app":
        limited = {"store": FROM_THE_STORE, "http": FROM_HTTP}.get(found.target, {})
        inside = part == found.target or part not in limited
        return found.target in OURS[part] and (inside or _begins(found.name, limited[part]))
    if found.top in sys.stdlib_module_names:
        return part != "domain" or found.top not in NOT_IN_THE_DOMAIN
    if found.top in {"sqlalchemy", "flask_sqlalchemy"} and part not in KNOWS_SQL:
        return False
    return found.top in OTHERS.get(part, {found.top})


def _begins(name: str, allowed: set[str]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in allowed)


def test_every_part_imports_only_what_it_may():
    assert [str(found) for found in imports() if not is_allowed(found)] == []


def test_every_part_is_in_the_table():
    assert {part_of(file) for file in FILES} == set(OURS)


def test_imports_stand_at_the_top():
    late = [str(found) for found in imports() if found.is_late and found.file not in LATE_IMPORTS]
    assert late == []


def test_no_module_imports_itself_round_a_circle():
    modules = {_dotted(file): file for file in FILES}
    graph: dict[str, set[str]] = {name: set() for name in modules}
    for found in imports():
        target = found.name if found.name in modules else found.name.rpartition(".")[0]
        source = _dotted(ROOT / found.file)
        if target in modules and target != source and not found.is_late and not source.startswith(f"{target}."):
            graph[source].add(target)
    assert _circles(graph) == []


def test_the_domain_asks_no_clock():
    asking = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in FILES
        if part_of(file) == "domain"
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS
    ]
    assert asking == []


def test_importing_the_domain_is_cheap():
    code = (
        "import sys, app.domain.email_address, app.domain.key_format;"
        " print([m for m in ('flask', 'sqlalchemy', 'pydantic', 'email_validator', 'dns') if m in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_every_service_file_has_its_twin_test():
    services = {file.stem for file in (APP / "services").glob("*.py")} - {"__init__", "runtime"}
    tests = {file.stem.removeprefix("test_") for file in (ROOT / "tests" / "services").glob("test_*.py")}
    assert services <= tests, services - tests


def _dotted(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Each circle once, by its modules."""
    found: list[list[str]] = []
    done: set[str] = set()

    def follow(module: str, path: list[str]) -> None:
        if module in path:
            found.append([*path[path.index(module) :], module])
        elif module not in done:
            for target in sorted(graph[module]):
                follow(target, [*path, module])
            done.add(module)

    for module in sorted(graph):
        follow(module, [])
    return found
