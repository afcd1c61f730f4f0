"""Mail preferences: which mails a person gets."""

from collections.abc import Collection, Sequence

from app.domain.mail_kinds import SWITCHABLE, MailKind
from app.services import audit_seal_mails
from app.services.runtime import Runtime
from app.store import audit_seal_subscriptions, mail_preferences, memberships
from app.store.memberships import OrganizationOf
from app.store.transaction import take_turns, transaction


def wanted(person_id: str) -> Collection[MailKind]:
    """Of the kinds that can be switched off those that are on, as all are at first."""
    off = mail_preferences.of_person(person_id)
    return [kind for kind in SWITCHABLE if kind not in off]


def wants(person_id: str, kind: MailKind) -> bool:
    return kind not in SWITCHABLE or kind in wanted(person_id)


def owned(person_id: str) -> Sequence[OrganizationOf]:
    """The organizations whose seals the person may get."""
    return [found for found in memberships.of_person(person_id) if audit_seal_mails.may_subscribe(found)]


def seals(person_id: str) -> Collection[str]:
    """The IDs of the organizations whose seals the person gets, at first of none."""
    return audit_seal_subscriptions.of_person(person_id)


def save(runtime: Runtime, person_id: str, kinds: Collection[str], *, seals_of: Collection[str] = ()) -> None:
    """Switches these kinds on, and off all others that can be. `seals_of`: the organizations whose seals the person
    wants; those that they do not own are ignored."""
    with transaction():
        # Two forms at once would both add the same row.
        take_turns(f"mails:{person_id}")
        mail_preferences.put(person_id, set(SWITCHABLE) - set(kinds))
        may = {organization.id for organization in owned(person_id)}
        audit_seal_subscriptions.put(person_id, may & set(seals_of), audit_seal_mails.next_monday(runtime.clock()))
