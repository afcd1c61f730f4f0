"""Mails about keys that expire: at most one a person and day, with all of their keys (docs/adr/0021-notices.md)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, timedelta

from app.domain import expiry_notices, keys_listed_in_mail
from app.domain.keys_listed_in_mail import MailedKey
from app.domain.mail_kinds import MailKind
from app.services import mail_preferences, outbox
from app.services.continue_on_error import each
from app.services.key_notice_recipients import recipients
from app.services.runtime import Runtime
from app.store import expiring_keys
from app.store import expiry_notices as store
from app.store.expiring_keys import ExpiringKey
from app.store.expiry_notices import Told
from app.store.key_notice_recipients import Recipient
from app.store.transaction import take_turns, transaction

#: After a longer pause what came before it is old news.
LONGEST_PAUSE = timedelta(days=30)

#: Organizations, each with the people who made the keys that somebody is told about. None: no person made them.
Owners = dict[str, set[str | None]]
Due = Sequence[tuple[ExpiringKey, int]]


def tell(runtime: Runtime) -> None:
    """Once a day, tells everybody whose keys expire. Processes may do this at the same time, and one that was killed is
    followed by one that goes on. If it fails for somebody, the others are told, and it is tried again when this is
    called again."""
    today = runtime.clock().astimezone(UTC).date()
    last = store.last_day()
    if last == today:
        return
    # A clock that was ahead is not believed. What was told meanwhile is noted, and not told again.
    after = max(last, today - LONGEST_PAUSE) if last and last < today else today - timedelta(days=1)
    are_told = each(
        _whom_to_tell(after, today).items(),
        lambda one: _tell(runtime, *one, after, today),
        failed="was not told of expiring keys",
        name=lambda one: one[0].person_id,
    )
    if are_told:
        with transaction():
            store.put_last_day(today)


def _whom_to_tell(after: date, today: date) -> dict[Recipient, Owners]:
    pairs = {
        pair
        for days in expiry_notices.NOTICES
        for pair in expiring_keys.owners(*expiry_notices.expiries(days, after=after, until=today))
    }
    found: dict[Recipient, Owners] = defaultdict(lambda: defaultdict(set))
    for org_id, owner_id in pairs:
        for recipient in recipients(org_id, owner_id):
            found[recipient][org_id].add(owner_id)
    return found


def _tell(runtime: Runtime, recipient: Recipient, owners: Owners, after: date, today: date) -> None:
    """What was told is noted in the transaction that queues the mail: neither is there without the other."""
    if not mail_preferences.wants(recipient.person_id, MailKind.KEYS_EXPIRE):
        return
    # Before the transaction, which on SQLite holds up all others.
    found = _due(owners, after, today)
    with transaction():
        take_turns(f"expiry notice:{recipient.person_id}")
        if store.was_told(recipient.person_id, *expiry_notices.day_span(today)):
            return
        told = store.of_person(recipient.person_id)
        due = [(key, days) for key, days in found if not _covers(told.get(key.id), key, days)]
        if not due:
            return
        now = runtime.clock()
        store.put(recipient.person_id, [(key.id, Told(key.expires_at, days)) for key, days in due], now)
        about = keys_listed_in_mail.pack([_mailed(*one) for one in due[: keys_listed_in_mail.MOST]], len(due))
        outbox.notify(runtime, MailKind.KEYS_EXPIRE, recipient.email, now=now, about=about)


def _mailed(key: ExpiringKey, days: int) -> MailedKey:
    what = "expired" if days == expiry_notices.EXPIRED else "expires"
    return MailedKey(key.org_id, key.id, key.name, f"{key.start}…{key.last4}", what, key.expires_at)


def _due(owners: Owners, after: date, today: date) -> Due:
    """What expires or has expired, in this order."""
    found = {
        key.id: (key, days)
        for days in expiry_notices.NOTICES
        for org_id, owner_ids in owners.items()
        for key in expiring_keys.of_owners(org_id, owner_ids, *expiry_notices.expiries(days, after=after, until=today))
        if expiry_notices.due(key.created_at, key.expires_at, after=after, until=today) == days
    }
    return sorted(found.values(), key=lambda one: (one[1] == expiry_notices.EXPIRED, one[0].expires_at, one[0].id))


def _covers(told: Told | None, key: ExpiringKey, days: int) -> bool:
    """Whether this, or a newer notice, was told already."""
    return told is not None and told.expires_at == key.expires_at and told.days <= days
