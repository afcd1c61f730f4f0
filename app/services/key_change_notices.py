"""Mails about what others did to a key: to whoever made it, several in one mail (docs/adr/0021-notices.md)."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from app.domain import keys_listed_in_mail, notable_key_changes
from app.domain.keys_listed_in_mail import MailedKey
from app.domain.mail_kinds import MailKind
from app.services import outbox
from app.services.continue_on_error import each
from app.services.runtime import Runtime
from app.store import key_change_notices, key_notice_recipients, people
from app.store import outbox as outbox_store
from app.store.key_change_notices import ChangedKey
from app.store.transaction import take_turns, transaction

#: So long more is waited for, to be told in the same mail.
GATHER = timedelta(minutes=3)
#: From one mail of this kind to the next one to the same person: whoever changes keys all day fills no mailbox.
PAUSE = timedelta(hours=1)
#: Changes in one mail. What remains is in the next one.
MOST = 1000


def tell(runtime: Runtime) -> None:
    """Tells everybody for whom something has waited for long enough."""
    each(
        key_change_notices.waiting_since(runtime.clock() - GATHER),
        lambda person_id: _tell(runtime, person_id),
        failed="was not told of changes to keys",
        name=str,
    )


def _tell(runtime: Runtime, person_id: str) -> None:
    """What is told is deleted in the transaction that queues the mail: it is told once."""
    with transaction():
        take_turns(f"change notice:{person_id}")
        now, person = runtime.clock(), people.get(person_id)
        if person is None or outbox_store.queued(MailKind.KEYS_CHANGED, person.email, now - PAUSE, now):
            return
        listed = _listed(runtime, _still_theirs(person_id, key_change_notices.take(person_id, MOST)))
        if not listed:
            return
        about = keys_listed_in_mail.pack(listed, len(listed))
        outbox.notify(runtime, MailKind.KEYS_CHANGED, person.email, now=now, about=about)


def _still_theirs(person_id: str, changed: Sequence[ChangedKey]) -> Iterable[ChangedKey]:
    """What happened in organizations of which the person is still a member: others are told nothing about them."""
    theirs = {
        org_id
        for org_id in {one.key.org_id for one in changed}
        if key_notice_recipients.member(org_id, person_id) is not None
    }
    return (one for one in changed if one.key.org_id in theirs)


def _listed(runtime: Runtime, changed: Iterable[ChangedKey]) -> Sequence[MailedKey]:
    """Each kind of change to a key once, as it was done last."""
    found: dict[tuple[str, str], MailedKey] = {}
    for key, entry in ((one.key, one.entry) for one in changed):
        gains = notable_key_changes.gains(entry.details.get("changes", {}), runtime.settings.policy)
        what = notable_key_changes.TOLD[entry.action]
        if what == "widened" and not gains:
            continue
        shown = f"{key.start}…{key.last4}"
        found[key.id, what] = MailedKey(key.org_id, key.id, key.name, shown, what, entry.at, entry.actor, gains)
    return list(found.values())
