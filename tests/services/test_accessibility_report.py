"""The accessibility report: valid, complete, and claiming only what the browser tests check.

`openacr-0.1.0.json` is OpenACR's published schema: npm package @openacr/openacr 0.3.5, schema/openacr-0.1.0.json, CC0.
"""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema

from app.services import accessibility_report
from tests.browser.checks import CHECKS

HERE = Path(__file__).parent
BROWSER_TESTS = HERE.parent / "browser"
CLAIMS = {"supports", "partially-supports", "does-not-support", "not-applicable"}

#: WCAG 2.2 without 4.1.1, which it declares obsolete.
LEVEL_A = (
    "1.1.1 1.2.1 1.2.2 1.2.3 1.3.1 1.3.2 1.3.3 1.4.1 1.4.2 2.1.1 2.1.2 2.1.4 2.2.1 2.2.2 2.3.1 2.4.1 2.4.2 2.4.3 2.4.4"
    " 2.5.1 2.5.2 2.5.3 2.5.4 3.1.1 3.2.1 3.2.2 3.2.6 3.3.1 3.3.2 3.3.7 4.1.2"
)
LEVEL_AA = (
    "1.2.4 1.2.5 1.3.4 1.3.5 1.4.3 1.4.4 1.4.5 1.4.10 1.4.11 1.4.12 1.4.13 2.4.5 2.4.6 2.4.7 2.4.11 2.5.7 2.5.8 3.1.2"
    " 3.2.3 3.2.4 3.3.3 3.3.4 3.3.8 4.1.3"
)


def criteria(chapter: str) -> list[dict[str, Any]]:
    return accessibility_report.report()["chapters"][f"success_criteria_level_{chapter}"]["criteria"]


def adherences() -> Iterator[tuple[str, dict[str, str]]]:
    for criterion in [*criteria("a"), *criteria("aa")]:
        for component in criterion["components"]:
            assert component["name"] == "web"
            yield criterion["num"], component["adherence"]


def checked() -> set[str]:
    """Every criterion that a check of every page, or a browser test of its own, is marked with."""
    found = {criterion for check in CHECKS for criterion in check.criteria}
    for file in BROWSER_TESTS.glob("test_*.py"):
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
                for mark in function.decorator_list:
                    if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.wcag":
                        found |= {ast.literal_eval(argument) for argument in mark.args}
    return found


def test_the_report_is_valid_openacr():
    schema = json.loads((HERE / "openacr-0.1.0.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.Draft7Validator(schema).validate(accessibility_report.report())


def test_the_report_can_be_answered_as_json():
    assert json.loads(json.dumps(accessibility_report.report())) == accessibility_report.report()


def test_every_criterion_of_wcag_22_stands_once_in_its_chapter():
    assert " ".join(criterion["num"] for criterion in criteria("a")) == LEVEL_A
    assert " ".join(criterion["num"] for criterion in criteria("aa")) == LEVEL_AA


def test_every_adherence_has_a_known_level_and_says_what_was_checked():
    for number, adherence in adherences():
        assert adherence["level"] in CLAIMS | {"not-evaluated"}, number
        assert adherence["notes"].endswith("."), number


def test_the_report_claims_what_the_browser_tests_check_and_nothing_else():
    claimed = {number for number, adherence in adherences() if adherence["level"] in CLAIMS}
    assert claimed == checked()
