"""The audit log of an organization: filtered by its address, as sentences."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.domain.errors import NotFound, ValidationFailed
from app.domain.member_roles import Permission, allows
from app.http import request_context
from app.http.guards import RequireMember
from app.services import audit, audit_checks, keys
from app.services.audit import AuditFilter
from app.web import audit_sentences
from app.web.audit_sentences import GROUPS

blueprint = Blueprint("audit_log", __name__, url_prefix="/orgs/<org>")

PAGE_SIZE = 50
_MAX_WORDS = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, by its parameters. What is not offered counts as left out. `since` and `until` are
    days in UTC, both included."""

    actor: str = ""
    key: str = ""
    action: str = ""
    since: str = ""
    until: str = ""

    @property
    def filter(self) -> AuditFilter:
        return AuditFilter(
            actor=self.actor or None,
            target=self.key or None,
            actions=audit_sentences.actions_of(self.action),
            since=_begin(self.since) if self.since else None,
            until=_begin(self.until) + timedelta(days=1) if self.until else None,
        )

    def parameters(self) -> dict[str, str]:
        """The parameters of its address."""
        return {name: value for name, value in asdict(self).items() if value}


@blueprint.get("/audit-log")
@RequireMember(Permission.READ_KEYS)
def index() -> Response | str:
    member, wanted = request_context.member(), asked(request.args)
    if not allows(member.role, Permission.READ_AUDIT_LOG):
        return render_template("audit_log/not_yours.html")
    try:
        page = audit.page(member.org_id, wanted.filter, limit=PAGE_SIZE, cursor=request.args.get("cursor"))
    except ValidationFailed:
        return redirect(_url(wanted), 303)
    actors = audit.actors(member.org_id)
    people = [actor for actor in actors if not actor.startswith("key_")]
    return render_template(
        "audit_log/index.html",
        asked=wanted,
        page=page,
        actors={actor: audit_sentences.actor_name(actor) for actor in dict.fromkeys([*people, wanted.actor]) if actor},
        key_name=_name(wanted.key) if wanted.key else None,
        groups=GROUPS,
        sentence=audit_sentences.sentence,
        facts=audit_sentences.facts,
        check=audit_checks.last(member.org_id),
        url=partial(_url, wanted),
        url_of_all=_url(Asked()),
        url_of_all_as_file=_url(Asked(), "audit_download.as_json"),
    )


@blueprint.post("/audit-log/check")
@RequireMember(Permission.READ_AUDIT_LOG)
def check() -> Response:
    """Checks the whole log, at most once a minute."""
    found = audit_checks.check_now(request_context.runtime(), request_context.member().org_id)
    if found is None:
        flash("The log was checked less than a minute ago. Wait a moment.")
    elif found.is_running:
        flash("The log is long, so the check goes on in the background. Come back in some minutes.")
    elif found.broken_at is None:
        flash(f"The log is whole up to entry {found.whole_to:,}.")
    return redirect(_url(Asked()), 303)


def asked(values: Mapping[str, str]) -> Asked:
    action = values.get("action", "")
    return Asked(
        actor=values.get("actor", "")[:_MAX_WORDS],
        key=values.get("key", "")[:_MAX_WORDS],
        action=action if action in GROUPS else "",
        since=_day(values.get("since", "")),
        until=_day(values.get("until", "")),
    )


def _day(text: str) -> str:
    """The day as it was sent; nothing, if it is none or too far away to reckon with."""
    with suppress(ValueError):
        if 1970 <= date.fromisoformat(text).year < 9999:
            return text
    return ""


def _begin(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.min, UTC)


def _name(key_id: str) -> str:
    """The key's name now, or the ID if there is no such key."""
    try:
        return keys.get(request_context.member(), key_id).key.name
    except NotFound:
        return key_id


def _url(wanted: Asked, endpoint: str = "audit_log.index", cursor: str | None = None) -> str:
    """The address of this list, or of it as a file."""
    values: dict[str, Any] = {"org": request_context.member().org_id, **wanted.parameters(), "cursor": cursor}
    return url_for(endpoint, **values)
