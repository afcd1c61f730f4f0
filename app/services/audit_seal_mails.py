"""The newest seal of an audit log, by mail to owners who want it, every Monday (docs/adr/0021-notices.md)."""

import json
from datetime import UTC, date, datetime, time, timedelta

from app.domain.audit_chain import SealedEntry
from app.domain.mail_kinds import MailKind
from app.domain.member_roles import Permission, allows
from app.services import outbox
from app.services.continue_on_error import each
from app.services.runtime import Runtime
from app.store import audit, audit_seal_subscriptions, key_notice_recipients, memberships
from app.store.audit_seal_subscriptions import Subscription
from app.store.memberships import OrganizationOf
from app.store.transaction import transaction

WEEK = timedelta(days=7)
#: Longer than for other notices: the next seal comes only in a week.
SEND_WITHIN = timedelta(days=3)


def may_subscribe(organization: OrganizationOf) -> bool:
    """Whether somebody in this role may get its seals."""
    return allows(organization.role, Permission.MANAGE_ORGANIZATION)


def next_monday(now: datetime) -> datetime:
    """The first Monday after the day of `now`, in UTC."""
    today: date = now.astimezone(UTC).date()
    return datetime.combine(today + timedelta(days=7 - today.weekday()), time.min, UTC)


def send(runtime: Runtime) -> None:
    """Queues what is due."""
    each(
        audit_seal_subscriptions.due(runtime.clock(), WEEK),
        lambda one: _send(runtime, one),
        failed="was not sent its seal",
        name=lambda one: f"{one.person_id} of {one.org_id}",
    )


def _send(runtime: Runtime, one: Subscription) -> None:
    """The next one is scheduled in the transaction that queues the mail, so that no seal is sent twice."""
    with transaction():
        now = runtime.clock()
        if not audit_seal_subscriptions.take(one, now, WEEK, next_monday(now)):
            return
        organization = memberships.seen_by(one.person_id, one.org_id)
        if organization is None or not may_subscribe(organization):
            audit_seal_subscriptions.remove(one)
            return
        recipient = key_notice_recipients.member(one.org_id, one.person_id)
        if recipient is None:
            return
        newest = SealedEntry(one.org_id, *audit.head(one.org_id))
        about = json.dumps({"name": organization.name, "entries": newest.sequence, "seal": str(newest)})
        expires_at = now + SEND_WITHIN
        outbox.notify(runtime, MailKind.AUDIT_SEAL, recipient.email, now=now, expires_at=expires_at, about=about)
