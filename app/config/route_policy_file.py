"""Reads the policy file."""

import re
import tomllib
from pathlib import Path

from app.domain.route_policy import Policy, PolicyError, UnknownPolicyField, parse_policy

_SHIPPED = Path(__file__).resolve().parent.parent / "route_policy.toml"


def load(path: str | None) -> Policy:
    """The policy in the file, None: in the one that is part of Keydesk. Raises `ValueError` saying what is wrong, and
    where."""
    file = Path(path) if path else _SHIPPED
    text = ""
    try:
        text = file.read_text(encoding="utf-8")
        return parse_policy(tomllib.loads(text))
    except FileNotFoundError:
        raise ValueError(f"the file {file} does not exist") from None
    except UnknownPolicyField as error:
        line = _line_of(text, error)
        raise ValueError(f"{file}{f', line {line}' if line else ''}: {error}") from None
    except (PolicyError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{file}: {error}") from None


def _line_of(text: str, error: UnknownPolicyField) -> int | None:
    """The line of an unknown field, which TOML parsers do not tell. None: it is not written in the usual way, but for
    example in an inline table."""
    table: tuple[str, int] | None = None
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            name = header[1].replace('"', "").replace("'", "")
            seen[name] = seen.get(name, 0) + 1
            table = name, seen[name]
            if error.table is None and name.partition(".")[0] == error.name:
                return number
        elif table == error.table and re.match(rf"""\s*["']?{re.escape(error.name)}["']?\s*[.=]""", line):
            return number
    return None
