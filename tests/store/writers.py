"""Which functions of the store write or lock: found in its source, so that a new one cannot be forgotten."""

import ast
import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from app import store
from app.domain.member_roles import Role
from app.store.audit_seal_subscriptions import Subscription
from app.store.expiry_notices import Told
from app.store.invitations import End

FOLDER = Path(store.__file__).parent
#: What writes, as the source of a function names it.
WRITES = {"delete", "insert", "update", "db.session.add", "db.session.add_all", "db.session.delete", "db.session.flush"}
#: What locks rows, and what says that it writes by other means.
WRITES |= {"with_for_update", "require_transaction"}
#: An argument of each type. What has none is given None: the refusal comes first.
ARGUMENTS: dict[Any, Any] = {
    str: "none",
    bytes: b"none",
    int: 1,
    datetime: datetime(2026, 4, 16, tzinfo=UTC),
    Role: Role.MEMBER,
    Collection[str]: {"none"},
    Sequence[str]: ["none"],
    Sequence[dict[str, Any]]: [{}],
    Subscription: Subscription("none", "none"),
    timedelta: timedelta(days=1),
    End: End.WITHDRAWN,
    Iterable[tuple[str, Told]]: [("none", Told(datetime(2026, 4, 16, tzinfo=UTC), 1))],
}


def writers() -> dict[str, Callable[..., Any]]:
    """The public functions that write or lock, directly or by calling one that does, by `module.function`."""
    calls = dict(_calls())
    found: set[str] = set()
    while more := {name for name, called in calls.items() if called & (WRITES | found)} - found:
        found |= more
    public = sorted(name for name in found if "._" not in name)
    return {name: getattr(import_module(f"app.store.{module}"), function) for name, module, function in _split(public)}


def arguments(function: Callable[..., Any]) -> dict[str, Any]:
    """What it can be called with."""
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {
        name: ARGUMENTS.get(parameter.annotation)
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.default is inspect.Parameter.empty and parameter.kind not in kinds
    }


def _calls() -> Iterator[tuple[str, set[str]]]:
    """Each function, and what it calls: as it is written, by its last name for a method of a query, and with its module
    if it is of the same one."""
    for file in sorted(FOLDER.glob("*.py")):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                called = {_name(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}
                yield f"{file.stem}.{node.name}", called | {f"{file.stem}.{name}" for name in called if "." not in name}


def _name(called: ast.expr) -> str:
    is_method = isinstance(called, ast.Attribute) and isinstance(called.value, ast.Call)
    return called.attr if is_method else ast.unparse(called)


def _split(names: list[str]) -> Iterator[tuple[str, str, str]]:
    for name in names:
        module, _, function = name.partition(".")
        yield name, module, function
