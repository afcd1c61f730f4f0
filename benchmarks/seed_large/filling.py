"""Fills an empty database."""

from collections import Counter
from datetime import datetime
from itertools import pairwise
from random import Random

from app.extensions import db
from app.services import usage as usage_service
from app.store import migrations
from app.store.audit import AuditEntry
from app.store.column_types import from_microseconds, to_microseconds
from app.store.credits import CreditEntry
from app.store.keys import ApiKey
from app.store.last_uses import LastUse
from app.store.memberships import Membership
from app.store.organizations import Organization
from app.store.people import Person
from app.store.transaction import transaction
from app.store.usage import UsageHour
from app.store.usage_totals import UsageFold, UsageKeyDay, UsageOrgHour
from benchmarks.seed_large import bulk, tenants, words
from benchmarks.seed_large.bulk import Bulk
from benchmarks.seed_large.keys import OLDEST, Chosen, choose, created_times, key_events, key_rows
from benchmarks.seed_large.sizes import ORGANIZATIONS, Sizes
from benchmarks.seed_large.tenants import DAY
from benchmarks.seed_large.usage import Usage, used

SEED = "keydesk"
#: In the large organization. The others have 5 to 12.
PEOPLE = 40
#: The owner of the large organization.
OWNER = "owner@acme-engineering.example"


class NotEmptyError(Exception):
    """The database has organizations already."""


def fill(sizes: Sizes, now: datetime) -> None:
    """Migrates and fills the database of the current application, the same way each time. Raises `NotEmptyError`."""
    migrations.upgrade()
    if db.session.scalar(db.select(Organization.id).limit(1)) is not None:
        raise NotEmptyError
    db.session.remove()
    at = to_microseconds(now)
    with bulk.writing(db.engine) as rows:
        for number, count in enumerate(key_counts(sizes)):
            _organization(rows, number, count, sizes, at)
    # What is over by now goes into the sums as it does in a server.
    usage_service.fold(now)
    bulk.tidy(db.engine)


def key_counts(sizes: Sizes) -> list[int]:
    """How many keys each organization has, the large one first. The others have very different numbers of them."""
    others = sizes.keys - sizes.of_large
    cuts = sorted(Random(SEED).sample(range(1, others), ORGANIZATIONS - 2))
    return [sizes.of_large, *(end - start for start, end in pairwise([0, *cuts, others]))]


def _organization(rows: Bulk, number: int, count: int, sizes: Sizes, now: int) -> None:
    """The one with the number 0 is the large one."""
    # A generator for each, so that one can change without the others.
    chance, is_large = Random(f"{SEED} {number}"), number == 0
    people = PEOPLE if is_large else chance.randint(5, 12)
    tenant = tenants.tenant(chance, words.ORGANIZATION_NAMES[number], people, now - (OLDEST + (number + 1) * DAY))
    if is_large:
        tenant.people[0] = tenant.owner._replace(email=OWNER)
    created = created_times(chance, count, now)
    chosen = choose(chance, created, sizes, now) if is_large else Chosen([], [], [])
    keys = list(key_rows(chance, tenant, created, now, working=chosen.all))
    events = tenant.events(now)
    if is_large:
        events += [event for key in keys for event in key_events(tenant, key)]
    log = tenants.audit_rows(chance, tenant.id, events)
    rows.write(Organization.__table__, [tenants.organization_row(tenant, log)])
    rows.write(Person.__table__, tenant.people)
    rows.write(Membership.__table__, tenant.memberships())
    rows.write(CreditEntry.__table__, [tenants.credit_row(chance, tenant)])
    rows.write(ApiKey.__table__, keys)
    rows.write(AuditEntry.__table__, log)
    if is_large:
        daily, weekly, only_refused = ([keys[number] for number in numbers] for numbers in chosen)
        usage = Usage(
            tenant.id, now, used(chance, daily), used(chance, weekly, weekly=True), used(chance, only_refused)
        )
        _usage(rows, chance, usage)


def _usage(rows: Bulk, chance: Random, usage: Usage) -> None:
    org_hours: Counter[tuple[int, str]] = Counter()
    rows.write(UsageKeyDay.__table__, usage.key_days(chance, org_hours))
    rows.write(UsageOrgHour.__table__, usage.org_hours(org_hours))
    rows.write(UsageHour.__table__, usage.hours(chance))
    rows.write(LastUse.__table__, sorted(usage.last_uses(chance), key=lambda use: use.key_id))
    rows.commit()
    with transaction():
        # The migration wrote that nothing is left to be summed.
        db.session.merge(UsageFold(id=1, folded_until=from_microseconds(usage.recent)))
