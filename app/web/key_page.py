"""The page of one key: its settings, its usage and its history."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.domain import member_roles
from app.domain.member_roles import Permission
from app.domain.revocation_undo import undoable_until
from app.http import request_context
from app.http.guards import RequireMember
from app.services import audit, key_addresses, key_revocation, key_suspension, keys, usage, usage_report
from app.web import snippets
from app.web.key_form import held_scopes
from app.web.usage import asked_span

blueprint = Blueprint("key_page", __name__, url_prefix="/orgs/<org>/keys/<key>")

HISTORY_SHOWN = 20
ADDRESSES_SHOWN = 5


@blueprint.get("")
@RequireMember(Permission.READ_KEYS)
def show(key: str) -> str:
    member, runtime = request_context.member(), request_context.runtime()
    listed, now = keys.get(member, key), runtime.clock()
    may_read_log = member_roles.allows(member.role, Permission.READ_AUDIT_LOG)
    successor = keys.get(member, listed.successor) if listed.successor else None
    predecessor = keys.get(member, listed.key.rotated_from) if listed.key.rotated_from else None
    return render_template(
        "keys/show.html",
        listed=listed,
        scopes=held_scopes(listed),
        series=usage_report.series(member.org_id, asked_span(), now, key_id=key),
        addresses=key_addresses.of_key(member.org_id, key, now, days=30, limit=ADDRESSES_SHOWN),
        call=snippets.route_for(listed.key.scopes),
        history=audit.of_key(member.org_id, key, limit=HISTORY_SHOWN) if may_read_log else None,
        successor=successor,
        still_used=usage.let_through_since(member.org_id, key, successor.key.created_at) if successor else 0,
        predecessor=predecessor,
        may_resume_predecessor=predecessor is not None and key_suspension.may_resume(member, predecessor.key),
        may_resume=key_suspension.may_resume(member, listed.key),
        undoable_until=undoable_until(listed.key),
        why_not_undoable=key_revocation.why_not_undoable(member, listed, now),
    )


def redirect_to(key: str) -> Response:
    return redirect(url_for("key_page.show", org=request_context.member().org_id, key=key), 303)
