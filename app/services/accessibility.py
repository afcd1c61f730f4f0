"""This software's accessibility conformance report, kept as YAML in OpenACR's form."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

_REPORT = Path(__file__).resolve().parent.parent / "accessibility.yaml"


@cache
def report() -> dict[str, Any]:
    """OpenACR as JSON-ready values. Treat it as read-only: it is parsed once."""
    document: dict[str, Any] = yaml.safe_load(_REPORT.read_text(encoding="utf-8"))
    return document
