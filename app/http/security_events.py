"""Refusals that an operator may want to act on, in the log. What was done is logged from the audit log's entries
(`services.audit`); refused keys are counted, not logged (docs/adr/0029-logs.md)."""

import logging

from flask import request

from app.domain.errors import (
    CrossSite,
    DomainError,
    LinkForged,
    LinkSpent,
    OtpExpired,
    OtpInvalid,
    OtpMaxAttempts,
)

log = logging.getLogger("keydesk.security")

_EVENTS: dict[type[DomainError], str] = {
    LinkForged: "security.sign_in_refused",
    LinkSpent: "security.sign_in_refused",
    OtpInvalid: "security.code_wrong",
    OtpExpired: "security.code_wrong",
    OtpMaxAttempts: "security.codes_paused",
    CrossSite: "security.cross_site_refused",
}


def refused(error: DomainError) -> None:
    """Logs the error if it is one of these refusals."""
    if event := _EVENTS.get(type(error)):
        _log(event, error)


def guard_refused(error: DomainError, person_id: str) -> None:
    """Logs that a person who is signed in asked for what they may not see or do."""
    _log("security.guard_refused", error, person=person_id)


def _log(event: str, error: DomainError, **fields: str) -> None:
    rule = request.url_rule
    fields |= {"event": event, "error_code": error.error_code, "route": rule.rule if rule else "none"}
    log.warning("", extra=fields)
