"""The one verification of a key, whatever door made it and whichever face asks."""

from dataclasses import dataclass

from app.domain import imported_keys, key_format
from app.domain.verification import KeyRecord, Outcome, decide, refusal
from app.services.desk import Desk
from app.store import api_keys


@dataclass(frozen=True, slots=True)
class Verification:
    outcome: Outcome
    #: None: no such key.
    record: KeyRecord | None


def verify(desk: Desk, plaintext: str, *, scope: str | None) -> Verification:
    """Looks the key up and decides. `scope` None asks for any working key. Counts the use; writes nothing."""
    if key_format.is_well_formed(plaintext):
        record = api_keys.record_for(key_format.digest(plaintext))
    elif desk.foreign_keys.on_record():
        record = api_keys.record_for(*imported_keys.digests(plaintext))
    else:
        return Verification(Outcome.NOT_FOUND, None)
    now = desk.clock()
    outcome = decide(record, scope=scope, policy=desk.settings.policy, now=now)
    if record is not None:
        desk.usage.key_used(record, outcome, now)
    return Verification(outcome, record)


def require(desk: Desk, plaintext: str, *, scope: str | None) -> KeyRecord:
    """The key's record. Raises the `DomainError` that says why not."""
    verification = verify(desk, plaintext, scope=scope)
    if verification.outcome is not Outcome.VALID or verification.record is None:
        raise refusal(verification.outcome, verification.record, scope)
    return verification.record
