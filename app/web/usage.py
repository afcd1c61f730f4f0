"""The usage page of an organization: its requests over time, by key and by why they were refused, and its credits."""

from flask import Blueprint, render_template, request

from app.domain.member_roles import Permission
from app.domain.usage_span import Span
from app.http import request_context
from app.http.guards import RequireMember
from app.services import credits, usage_report

blueprint = Blueprint("usage", __name__, url_prefix="/orgs/<org>/usage")

#: What a page shows if nobody asks for another span.
DEFAULT_SPAN = Span.WEEK


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


def asked_span() -> Span:
    """The span that the request asks for with `?range`: the default one if it asks for none that there is."""
    asked = request.args.get("range", "")
    return Span(asked) if asked in set(Span) else DEFAULT_SPAN
