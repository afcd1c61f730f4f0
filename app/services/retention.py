"""Deletes rows that are too old to be of use, and erases deleted organizations. The audit log of others is never
shortened. docs/tables.md lists every table."""

from datetime import timedelta

from app.services import organization_deletion, usage, usage_processes
from app.services.runtime import Runtime
from app.store import (
    agent_session_tokens,
    credits,
    device_grants,
    expiry_notices,
    invitations,
    key_change_notices,
    one_time_secrets,
    outbox,
    sessions,
    sign_in_attempts,
    usage_totals,
    wrong_code_counts,
)
from app.store.transaction import transaction

#: Longer than any limit counts back and than codes pause, short enough that addresses do not pile up. Who waits for it
#: to try 99 more codes tries fewer than the 100 a day that a pause allows.
KEEP_SPENT = timedelta(days=7)
KEEP_ENDED_SESSIONS = timedelta(days=30)
#: Longer than the pause after which people are still told that a key has expired.
KEEP_EXPIRY_NOTICES = timedelta(days=60)
KEEP_ENDED_INVITATIONS = timedelta(days=30)


def prune(runtime: Runtime) -> None:
    now = runtime.clock()
    old = now - timedelta(days=runtime.settings.usage_retention_days)
    usage.prune(usage_totals.day_of(old))
    # Afterwards, because what is deleted is in no sum.
    usage.fold(now)
    with transaction():
        credits.fold(old)
    with transaction():
        one_time_secrets.prune(now - KEEP_SPENT)
        sign_in_attempts.prune(now - KEEP_SPENT)
        outbox.prune(now - KEEP_SPENT)
        key_change_notices.prune(now - KEEP_SPENT)
        wrong_code_counts.prune(now - KEEP_SPENT)
        agent_session_tokens.prune(now - KEEP_SPENT)
        device_grants.prune(now - KEEP_SPENT)
        expiry_notices.prune(now - KEEP_EXPIRY_NOTICES)
        sessions.prune(now - KEEP_ENDED_SESSIONS)
        invitations.prune(now - KEEP_ENDED_INVITATIONS)
        usage_processes.prune(now)
    organization_deletion.erase(runtime)
