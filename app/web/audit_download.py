"""The audit log as a file: what its page shows as CSV or JSON, and the whole log in a form that can be checked."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.domain import verifiable_audit_file
from app.domain.member_roles import Permission
from app.domain.rfc3339 import rfc3339
from app.http import request_context
from app.http.download_limit import limit_downloads
from app.http.guards import RequireMember
from app.services import audit
from app.web import download
from app.web.audit_log import Asked, asked

blueprint = Blueprint("audit_download", __name__, url_prefix="/orgs/<org>/audit-log")

#: The usual name of a media type that nobody has registered.
_JSON_LINES = "application/jsonl"
_COLUMNS = ("sequence", "id", "at", "actor", "action", "target", "details")


@blueprint.get("/export.csv")
@RequireMember(Permission.READ_AUDIT_LOG)
@limit_downloads
def as_csv() -> Response:
    """The entries that the page shows, all pages of it, for a spreadsheet."""
    return download.of_rows("audit-log", _COLUMNS, _rows(asked(request.args)))


@blueprint.get("/export.jsonl")
@RequireMember(Permission.READ_AUDIT_LOG)
@limit_downloads
def as_json() -> Response:
    """The entries that the page shows. Without a filter, the whole log in a form that can be checked."""
    runtime, member, wanted = request_context.runtime(), request_context.member(), asked(request.args)
    if wanted.parameters():
        return download.of_lines("audit-log-part", "jsonl", _JSON_LINES, _part(wanted))
    return download.of_lines("audit-log", "jsonl", _JSON_LINES, audit.whole(runtime, member.org_id, member.org_name))


def _rows(wanted: Asked) -> Iterator[Sequence[Any]]:
    for entry in audit.every(request_context.member().org_id, wanted.filter):
        yield (*(getattr(entry, column) for column in _COLUMNS[:-1]), entry.details_json)
    yield (*[None] * (len(_COLUMNS) - 1), verifiable_audit_file.PROVES_NOTHING)


def _part(wanted: Asked) -> Iterator[str]:
    yield verifiable_audit_file.line({"note": verifiable_audit_file.PROVES_NOTHING, "filter": wanted.parameters()})
    for entry in audit.every(request_context.member().org_id, wanted.filter):
        values = {column: getattr(entry, column) for column in _COLUMNS}
        yield verifiable_audit_file.line(values | {"at": rfc3339(entry.at)})
