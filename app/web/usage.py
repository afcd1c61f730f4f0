"""The usage page of an organization: its requests over time, by key and by why they were refused, and its credits."""

from flask import Blueprint, render_template

from app.domain.member_roles import Permission
from app.http import request_context
from app.http.guards import RequireMember
from app.services import credits, usage_report
from app.web.usage_chart import asked_span

blueprint = Blueprint("usage", __name__, url_prefix="/orgs/<org>/usage")


@blueprint.get("")
@RequireMember(Permission.READ_USAGE)
def index() -> str:
    org_id, span, now = request_context.member().org_id, asked_span(), request_context.runtime().clock()
    return render_template(
        "usage/index.html",
        series=usage_report.series(org_id, span, now),
        active=usage_report.most_active_keys(org_id, span, now),
        credits=credits.balance(org_id),
        ledger=credits.last_entries(org_id),
    )
