"""The audit log. `record` joins the caller's transaction: no entry, no change."""

from datetime import datetime
from typing import Any

from app.domain.audit_chain import first_broken
from app.domain.paging import Page
from app.store import audit
from app.store.audit import AuditEntry


def record(org_id: str, *, at: datetime, action: str, actor: str, target: str, **details: Any) -> None:
    """Adds an entry to the organization's chain. Call it inside the transaction of the change."""
    audit.append(org_id, at=at, action=action, actor=actor, target=target, details=details)


def page(org_id: str, *, limit: int, cursor: str | None) -> Page[AuditEntry]:
    """Newest first."""
    return audit.page(org_id, limit=limit, cursor=cursor)


def broken_at(org_id: str) -> int | None:
    """The number of the first entry that was tampered with, or None when the chain is whole."""
    return first_broken(audit.chain(org_id), audit.head(org_id))
