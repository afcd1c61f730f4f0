"""docs/benchmarks.md and docs/scaling.md quote what `make bench` measured."""

import json
import re

import pytest

from tests.docs.pages import DOCS, ROOT, tables


@pytest.fixture
def results():
    return {row["case"]: row for row in json.loads((ROOT / "benchmarks" / "results.json").read_text())}


def test_every_case_is_listed_with_what_was_measured(results):
    verification, _ = tables((DOCS / "benchmarks.md").read_text())
    listed = {case.strip("`"): figures for case, _, *figures in verification}
    assert listed == {
        case: [f"{row['req_per_s']:,}", f"{row['p99_ms']} ms", f"{row['of_bare_wsgi']:.1%}"]
        for case, row in results.items()
    }


def test_the_plan_for_more_machines_rounds_what_was_measured_down(results):
    said = re.search(
        r"([\d,]+) a second on this machine's core: plan with ([\d,]+)\."
        r" .* handles ([\d,]+) a second on SQLite and ([\d,]+) on PostgreSQL",
        (DOCS / "scaling.md").read_text(),
    )
    assert said is not None
    hot, plan, cold_sqlite, cold_postgresql = (int(figure.replace(",", "")) for figure in said.groups())
    measured = results["forward_auth_hot_sqlite"]["req_per_s"]
    assert hot == measured // 100 * 100
    assert plan == measured * 6 // 10 // 1000 * 1000
    assert cold_sqlite == results["forward_auth_cold_sqlite"]["req_per_s"] // 100 * 100
    assert cold_postgresql == results["forward_auth_cold_postgresql"]["req_per_s"] // 100 * 100
