"""Which mails a person wants."""

from collections.abc import Collection

from app.domain.mail_kinds import SWITCHABLE, MailKind
from app.store import switched_off_mails
from app.store.transaction import take_turns, transaction


def wanted(person_id: str) -> Collection[MailKind]:
    """Of the kinds that can be switched off those that are on, as all are at first."""
    off = switched_off_mails.of_person(person_id)
    return [kind for kind in SWITCHABLE if kind not in off]


def wants(person_id: str, kind: MailKind) -> bool:
    return kind not in SWITCHABLE or kind in wanted(person_id)


def choose(person_id: str, kinds: Collection[str]) -> None:
    """Switches these on, and off all others that can be."""
    with transaction():
        # Two forms at once would both add the same row.
        take_turns(f"mails:{person_id}")
        switched_off_mails.put(person_id, set(SWITCHABLE) - set(kinds))
