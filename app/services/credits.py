"""Credits of an organization: granted at sign-up and by operators, used up by requests to routes with a cost."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from app.domain.errors import ValidationFailed
from app.domain.key_verification import KeyRecord
from app.services import audit
from app.services.runtime import Runtime
from app.store import credits
from app.store.credits import Balance, LedgerEntry
from app.store.transaction import transaction

MAX_GRANT = 10**12


def balance(org_id: str) -> Balance:
    return credits.balance(org_id)


def last_entries(org_id: str, *, limit: int = 10) -> Sequence[LedgerEntry]:
    """The newest entries of the ledger, newest first."""
    return credits.last_entries(org_id, limit)


@contextmanager
def taking(runtime: Runtime, record: KeyRecord, cost: int) -> Iterator[int | None]:
    """A transaction that takes `cost` credits from the key's organization. Yields what is left, or None if there were
    not enough. It brings an application context of its own, because forward-auth runs outside Flask."""
    with runtime.context(), transaction():
        taken = credits.take(record.org_id, cost, record.key_id, runtime.clock())
        yield credits.balance(record.org_id).balance if taken else None


def grant(runtime: Runtime, org_id: str, amount: int, *, actor: str) -> Balance:
    """Adds credits, and returns the new balance. Raises `ValidationFailed` naming `amount`."""
    if not 1 <= amount <= MAX_GRANT:
        raise ValidationFailed({"amount": f"must be from 1 to {MAX_GRANT}"})
    with transaction():
        now = runtime.clock()
        credits.grant(org_id, amount, "granted by the operator", now)
        audit.credits_granted(org_id, at=now, actor=actor, amount=amount)
        return credits.balance(org_id)
