"""Keydesk's accessibility conformance report, stored as YAML in the OpenACR format."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

_REPORT = Path(__file__).resolve().parent.parent / "accessibility_report.yaml"


@cache
def report() -> dict[str, Any]:
    """The report as JSON-ready values. Treat it as read-only: it is parsed once and then shared."""
    document: dict[str, Any] = yaml.load(_REPORT.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return document
