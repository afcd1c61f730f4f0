"""`/accessibility`: the accessibility report in short, for people."""

from collections import defaultdict

from flask import Blueprint, render_template

from app.http.guards import Public
from app.services import accessibility_report

blueprint = Blueprint("accessibility", __name__)


@blueprint.get("/accessibility")
@Public("everybody may ask how accessible the pages are")
def show() -> str:
    report = accessibility_report.report()
    criteria = [criterion for chapter in report["chapters"].values() for criterion in chapter["criteria"]]
    found: dict[str, list[str]] = defaultdict(list)
    for criterion in sorted(criteria, key=lambda criterion: [int(part) for part in criterion["num"].split(".")]):
        found[criterion["components"][0]["adherence"]["level"]].append(criterion["num"])
    return render_template("accessibility/show.html", found=found, date=report["last_modified_date"])
