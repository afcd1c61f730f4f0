"""Changes the address with which a person signs in. Operators do, once they have made sure who asks."""

import json

from app.domain import email_address
from app.domain.errors import NotFound, ValidationFailed
from app.domain.mail_kinds import MailKind
from app.services import audit, outbox
from app.services.operator_organizations import ACTOR
from app.services.runtime import Runtime
from app.store import (
    agent_session_tokens,
    device_grants,
    invitations,
    memberships,
    one_time_secrets,
    people,
    sessions,
)
from app.store.invitations import End
from app.store.transaction import take_turns, transaction


def change_address(runtime: Runtime, old: str, new: str) -> str:
    """Gives the person with the address `old` the address `new`, and returns it as it is stored. Sessions, session
    tokens, links, codes, approvals of agents and invitations of either address end; keys stay, and both addresses
    are told by mail.

    Raises `ValidationFailed` naming `email` if an address is not valid or `new` is somebody's, and `NotFound`.
    """
    was, becomes = email_address.normalise(old), email_address.normalise(new)
    with transaction():
        now = runtime.clock()
        take_turns(f"person:{was}", f"person:{becomes}")
        person = people.by_email(was)
        if person is None:
            raise NotFound(f"There is no person with the address {was}.")
        if people.by_email(becomes) is not None:
            raise ValidationFailed({"email": f"{becomes} is already the address of a person"})
        device_grants.deny_approved(None, person.id)
        people.set_email(person.id, becomes)
        sessions.end_all(person.id, now)
        agent_session_tokens.delete_all(person.id)
        invitations.end_all([was, becomes], End.MOVED, now)
        one_time_secrets.use_up_all([was, becomes], now)
        memberships.lock_organizations(person.id)
        for found in memberships.of_person(person.id):
            audit.member_address_changed(found.id, at=now, actor=ACTOR, person_id=person.id, was=was, becomes=becomes)
        about = json.dumps({"was": was, "becomes": becomes})
        for address in (was, becomes):
            outbox.notify(runtime, MailKind.ADDRESS_CHANGED, address, now=now, about=about)
    return becomes
