"""Who may import whom, and where each file is tested. A test lists everything that offends."""

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
    "logs": {"logs"},
    "mail": {"config", "domain", "mail", "services"},
    "http": {"config", "domain", "extensions", "http", "logs", "mail", "services", "store"},
    "web": {"config", "domain", "extensions", "http", "services", "store", "web"},
    "api": {"api", "config", "domain", "http", "services", "store"},
    "wsgi": {"config", "domain", "http", "logs", "services", "store", "wsgi"},
    "process": {"logs", "mail", "process", "services"},
    "cli": {"app", "cli", "config", "domain", "extensions", "logs", "mail", "process", "services", "store"},
    "factory": {"api", "config", "domain", "extensions", "http", "mail", "services", "store", "web", "wsgi"},
    "app": {"config", "factory"},
}
#: From the store, other layers take the types of rows and the errors of an absent database; queries are for services.
FROM_THE_STORE = {
    "http": {
        "app.store.memberships.OrganizationOf",
        "app.store.sessions.LiveSession",
        "app.store.database_errors.DATABASE_UNAVAILABLE",
        "app.store.database_errors.DatabaseUnavailable",
    },
    "wsgi": {"app.store.database_errors.DATABASE_UNAVAILABLE"},
    "web": {
        "app.store.audit.AuditEntry",
        "app.store.keys.ListedKey",
        "app.store.members.MemberListed",
        "app.store.invitations.InvitationListed",
        "app.store.memberships.OrganizationOf",
        "app.store.database_errors.DATABASE_UNAVAILABLE",
    },
    "api": {
        "app.store.invitations.InvitationListed",
        "app.store.keys.ListedKey",
        "app.store.members.MemberListed",
        "app.store.memberships.OrganizationOf",
    },
    "cli": {
        "app.store.keys.ApiKey",
        "app.store.operator_keys.WorkingKey",
        "app.store.members.MemberListed",
        "app.store.migrations",
        "app.store.database_errors.DATABASE_UNAVAILABLE",
        "app.store.database_errors.DatabaseUnavailable",
    },
    "factory": {
        "app.store.engine",
        "app.store.verification_connections.VerificationReader",
        "app.store.verification_queries.KeyRecords",
    },
}
#: From `http`, the WSGI layer takes what knows statuses and headers, and nothing of Flask's requests.
FROM_HTTP = {"wsgi": {"app.http.cors", "app.http.problem_details"}}
#: What each part may import of others'. A part that is not listed may import anything that is installed.
OTHERS = {
    "domain": {"email_validator", "itsdangerous"},
    "config": {"dotenv", "platformdirs"},
    "services": {"limits", "prometheus_client", "yaml"},
    "store": {"alembic", "flask", "flask_migrate", "psycopg", "sqlalchemy"},
    "process": {"flask", "prometheus_client"},
    "logs": set(),
    "app": {"flask"},
}
KNOWS_SQL = {"store", "extensions"}
#: The domain is pure: it reads neither the clock nor the environment, and no files.
NOT_IN_THE_DOMAIN = {"os", "socket", "sqlite3", "time"}
CLOCKS = {"now", "today", "utcnow"}
#: Where an import inside a function is right, and why.
LATE_IMPORTS = {
    "app/__init__.py": "importing app.domain or app.cli must not load Flask",
    "app/cli/installed.py": "first it looks whether app is ours",
    "app/web/metrics.py": "prometheus-client takes 20 ms, and commands, which load every page, start without it",
    "app/domain/email_address.py": "email-validator takes 20 ms, and a command without an address starts without it",
}

#: The folders in which `app/<folder>/<name>.py` is tested by `tests/<folder>/test_<name>.py`.
MIRRORED = ("api", "cli", "config", "domain", "http", "logs", "mail", "process", "services", "store", "web", "wsgi")
#: Files, and folders, that are tested elsewhere: where, and why there.
TESTED_ELSEWHERE = {
    "app/store/operator_keys.py": ("tests/store/test_keys.py", "beside the keys that are named"),
    "app/store/sign_up_keys.py": ("tests/store/test_keys.py", "beside other keys"),
    "app/store/key_conditions.py": ("tests/store/test_key_list.py", "each condition, in pages of the list"),
    "app/store/key_rotations.py": ("tests/services/test_rotation_overlap.py", "what ends when, on both databases"),
    "app/api/agent_sign_up.py": ("tests/journeys/test_agent_sign_up.py", "every answer, by curl"),
    "app/api/openapi_document": ("tests/api/test_description.py", "its files make one document"),
    "app/api/email_codes.py": ("tests/journeys/test_agents_with_a_mailed_code.py", "every answer, by curl"),
    "app/api/openapi.py": ("tests/api/test_description.py", "it serves that document"),
    "app/cli/key_output.py": ("tests/cli/test_keys.py", "what the commands for keys print"),
    "app/process/metrics_server.py": ("tests/system/test_metrics.py", "a real port, and a worker that is killed"),
    "app/services/metrics_exposition.py": ("tests/web/test_metrics.py", "what Prometheus reads"),
    "app/cli/installed.py": ("tests/system/test_wheel.py", "a wheel, installed beside other programs"),
    "app/cli/output.py": ("tests/cli/test_app_context.py", "what every command says when it cannot start"),
    "app/cli/serve.py": ("tests/system/test_serve.py", "real servers"),
    "app/web/key_policy_sentences.py": ("tests/web/test_key_policy.py", "what the page says about each policy"),
    "app/domain/revocation_reason.py": ("tests/domain/test_revocation_undo.py", "which reasons can be undone"),
    "app/http/rate_limited_error.py": (
        "tests/http/test_change_rate_limit.py",
        "the headers of a limit that is exceeded",
    ),
    "app/config/consistency.py": (
        "tests/config/test_loading.py",
        "settings are loaded and checked together",
    ),
    "app/config/installation.py": ("tests/system/test_wheel.py", "an installed wheel, and the checkout"),
    "app/config/paths.py": ("tests/api/test_description.py", "constants; the version is that of pyproject.toml"),
    "app/domain/errors.py": ("tests/http/test_problem_details.py", "texts; each error has its status"),
    "app/domain/install_id_sunset.py": ("tests/http/test_deprecation.py", "headers, as responses carry them"),
    "app/domain/key_origin.py": ("tests/store/test_keys.py", "an enumeration; keys of a sign-up are found by it"),
    "app/http/field_types.py": ("tests/api/test_description.py", "descriptions of fields"),
    "app/process/background_jobs.py": ("tests/system/test_stop.py", "real processes that are stopped"),
    "app/process/graceful_shutdown.py": ("tests/system/test_stop.py", "real signals to real processes"),
    "app/services/operator_invitations.py": ("tests/services/test_invitations.py", "beside what members do"),
    "app/services/runtime.py": (
        "tests/services/test_revocation_barrier.py",
        "no logic; its turns are taken there",
    ),
    "app/store/usage_processes.py": ("tests/services/test_usage_processes.py", "noted, read and pruned by services"),
    "app/store/usage_totals.py": ("tests/services/test_usage_totals.py", "flushed, folded and pruned by services"),
    "app/store/usage_report.py": ("tests/services/test_usage_report.py", "flushed and folded by services"),
    "app/store/audit_checks.py": ("tests/services/test_audit_checks.py", "what services write there and find due"),
    "app/store/backup.py": ("tests/cli/test_backup.py", "whole databases, by the command"),
    "app/services/database_file.py": ("tests/store/test_database_file.py", "what it notices and rescues there"),
    "app/store/people.py": ("tests/services/test_sign_in.py", "three queries of one line"),
    "app/store/ping.py": ("tests/cli/test_doctor.py", "databases that do not answer, and a clock that is wrong"),
    "app/store/upsert.py": ("tests/store/test_wrong_code_counts.py", "one expression, under every upsert"),
    "app/web/audit_download.py": ("tests/web/test_audit_log.py", "beside the page whose entries it gives"),
    "app/web/download.py": ("tests/web/test_key_list.py", "the list of keys as a file"),
    "app/web/health.py": ("tests/system/test_database_down.py", "both probes, with the database up and down"),
    "app/web/key_form.py": ("tests/web/test_key_settings.py", "the form, sent and shown again"),
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


def test_every_file_has_a_test_of_its_name_or_is_listed_with_where_it_is_tested():
    missing = [
        f"{name} has neither {twin} nor a place in TESTED_ELSEWHERE"
        for name, twin in twins()
        if not (ROOT / twin).exists() and not {name, name.rpartition("/")[0]} & TESTED_ELSEWHERE.keys()
    ]
    assert missing == []


def test_what_is_tested_elsewhere_has_no_test_of_its_name_and_the_place_exists():
    twin_of = dict(twins())
    wrong = [
        name
        for name, (place, _) in TESTED_ELSEWHERE.items()
        if not ((ROOT / name).exists() and (ROOT / place).exists()) or (ROOT / twin_of.get(name, "none")).exists()
    ]
    assert wrong == []


def twins() -> Iterator[tuple[str, str]]:
    """Each file of the mirrored folders, and its test."""
    for file in FILES:
        folder = file.relative_to(APP).parent
        if part_of(file) in MIRRORED and not file.stem.startswith("__"):
            yield str(file.relative_to(ROOT)), str(Path("tests") / folder / f"test_{file.stem}.py")


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
