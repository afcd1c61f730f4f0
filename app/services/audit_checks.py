"""Checks the audit logs in the background, a part at a time, from where the last check ended; once a week from the
first entry on, because only that finds a change to an entry that was checked before."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic

from app.domain.audit_chain import BEGINNING, Position, following
from app.services.continue_on_error import each
from app.services.runtime import Runtime
from app.store import audit, audit_checks
from app.store.audit_checks import BrokenLog, Check
from app.store.transaction import transaction

__all__ = ["BrokenLog", "Check"]

#: Entries in one part: some tenths of a second.
PART = 10_000
FROM_THE_FIRST_ENTRY_EVERY = timedelta(days=7)
NOT_AGAIN_WITHIN = timedelta(minutes=1)
_AT_ONCE = 100


def last(org_id: str) -> Check | None:
    """The last check of the log, or the one that is running; None: it was never checked."""
    return audit_checks.get(org_id)


def broken() -> Sequence[BrokenLog]:
    """The logs in which a check found an entry that was changed or is missing."""
    return audit_checks.broken()


def run(runtime: Runtime, *, seconds: float = 5) -> None:
    """Checks what is due, for about this long. The rest is still due the next time, and so is what failed."""
    end = monotonic() + seconds
    while due := audit_checks.due(runtime.clock() - FROM_THE_FIRST_ENTRY_EVERY, limit=_AT_ONCE):
        are_checked = each(
            _until(end, due),
            lambda org_id: _check_part(org_id, runtime.clock()),
            failed="had its audit log not checked",
            name=str,
        )
        if not are_checked or monotonic() >= end:
            return


def _until(end: float, due: Iterable[str]) -> Iterator[str]:
    """The first of them, and those for which there is time before `end`."""
    for org_id in due:
        yield org_id
        if monotonic() >= end:
            return


def check_now(runtime: Runtime, org_id: str, *, seconds: float = 2) -> Check | None:
    """Checks the log from the first entry on, for about this long; a check that is still running then goes on in the
    background. None: the last one began less than a minute ago, and nothing is done."""
    now, check = runtime.clock(), audit_checks.get(org_id)
    if check and timedelta() <= now - check.began_at < NOT_AGAIN_WITHIN:
        return None
    check = _from_the_first(check, now)
    with transaction():
        audit_checks.put(org_id, check)
    end = monotonic() + seconds
    while check.is_running and monotonic() < end:
        check = _check_part(org_id, runtime.clock())
    return check


def _check_part(org_id: str, now: datetime) -> Check:
    before = audit_checks.get(org_id)
    begins = before is None or (not before.is_running and now - before.began_at > FROM_THE_FIRST_ENTRY_EVERY)
    check = _followed(org_id, _from_the_first(before, now) if before is None or begins else before, now)
    with transaction():
        # What another process found meanwhile is kept: it may be further, or have begun anew.
        if audit_checks.get(org_id) == before:
            audit_checks.put(org_id, check)
    return check


def _from_the_first(check: Check | None, now: datetime) -> Check:
    if check is None:
        return Check(*BEGINNING, began_at=now)
    return replace(check, sequence=BEGINNING.sequence, seal=BEGINNING.seal, began_at=now, is_running=True)


def _followed(org_id: str, check: Check, now: datetime) -> Check:
    """The check after the next part."""
    # Before the entries: those that are written meanwhile are for the next time.
    head = Position(*audit.head(org_id))
    position = Position(check.sequence, check.seal)
    wanted = min(position.sequence + PART, head.sequence)
    if position.sequence > head.sequence or not _is_still_there(org_id, position):
        return _broken_at(min(position.sequence, head.sequence) + 1, check, now)
    for entry, sealed in audit.chain(org_id, after=position.sequence, limit=wanted - position.sequence):
        after = following(position, entry, sealed)
        if after is None:
            return _broken_at(position.sequence + 1, check, now)
        position = after
    is_at_end = position.sequence == head.sequence
    if position.sequence < wanted or (is_at_end and position != head):
        return _broken_at(position.sequence + 1, check, now)
    check = replace(check, sequence=position.sequence, seal=position.seal)
    if not is_at_end:
        return replace(check, is_running=True)
    return replace(check, is_running=False, whole_to=position.sequence, checked_at=now, broken_at=None)


def _broken_at(sequence: int, check: Check, now: datetime) -> Check:
    return replace(check, is_running=False, checked_at=now, broken_at=sequence)


def _is_still_there(org_id: str, position: Position) -> bool:
    return position == BEGINNING or audit.seal_of(org_id, position.sequence) == position.seal
