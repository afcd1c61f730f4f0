"""How many keys an organization may have, and how many a person may create. Operators on the command line may go over
both."""

from datetime import datetime

from app.domain.errors import TooManyKeys
from app.domain.sliding_window_log import Window
from app.services.runtime import Runtime
from app.store import keys, organizations
from app.store.transaction import take_turns

#: New keys by one person. Rows of keys and of the audit log are never deleted, so this bounds how fast both grow.
CREATIONS = Window("key-creations", 1000, 3600)


def refuse_over(runtime: Runtime, org_id: str, person_id: str, now: datetime, *, replaces: bool = False) -> None:
    """Raises `TooManyKeys` if the organization has as many active keys as it may, and `RateLimited` if the person has
    created too many lately. `replaces`: the new key takes the place of an active one, which stops working at once.

    Others who create keys for the organization, or as this person, wait until the transaction ends.
    """
    _refuse_hasty(person_id, now)
    if not replaces:
        refuse_full(runtime, org_id, now)


def refuse_full(runtime: Runtime, org_id: str, now: datetime) -> None:
    """Raises `TooManyKeys` if the organization has as many keys as it may that have not ended: suspended ones count."""
    most = runtime.settings.max_keys_per_org
    if most == 0:
        return
    organizations.lock([org_id])
    if keys.has_working(org_id, most, now):
        raise TooManyKeys(most)


def take_turn(person_id: str) -> None:
    """Makes others who create keys as this person wait. Whoever then locks organizations calls this before: turns come
    first, in one order, so that nothing can deadlock."""
    take_turns(f"key creations:{person_id}")


def _refuse_hasty(person_id: str, now: datetime) -> None:
    take_turn(person_id)
    wait = CREATIONS.wait_for(keys.nth_newest_creation(person_id, CREATIONS.quota), now)
    if wait is not None:
        raise CREATIONS.exceeded(
            f"You have created {CREATIONS.quota:,} keys within an hour. Wait, then try again.", wait
        )
