"""The list of keys: found, filtered, sorted, and read page by page in both directions."""

import random
from datetime import timedelta
from itertools import product
from typing import get_args

import pytest

from app.domain import key_status, paging
from app.domain.errors import ValidationFailed
from app.domain.member_roles import Role
from app.extensions import db
from app.store import expiring_keys, key_list, keys, last_uses, memberships, organizations, people
from app.store.column_types import to_microseconds
from app.store.key_conditions import CONDITIONS, ORGANIZATION, KeyFilter
from app.store.key_list import SORTS
from app.store.transaction import transaction
from tests.store.plans import plan_of


@pytest.fixture
def made(app, clock):
    """Keys of every state, some with the same times and names, in an organization beside another one."""
    dice = random.Random(7)
    with transaction():
        org, other = (organizations.add(name, clock.now).id for name in ("Acme", "Beta"))
        member, leaver = (people.add(email, clock.now).id for email in ("ann@acme.test", "dora@acme.test"))
        memberships.add(org, member, Role.OWNER, clock.now)
        memberships.add(other, leaver, Role.OWNER, clock.now)
        never, soon, late, gone = None, clock.now + timedelta(days=3), clock.now + timedelta(days=60), clock.now
        old, recent = clock.now - timedelta(days=100), clock.now - timedelta(hours=3)
        rows = list(product((never, soon, late, gone), (False, True), (False, True), (member, leaver, None)))
        dice.shuffle(rows)
        key = None
        for number, (expires_at, is_revoked, is_suspended, creator) in enumerate(rows):
            key = keys.add(
                org_id=org,
                digest=bytes([number, 1]),
                start=f"whk_{number:08d}",
                last4=f"{number:04d}",
                prefix="whk_",
                name=dice.choice(["Billing", "billing", "Straße", "etl 50%", "under_score", f"Key {number}"]),
                scopes=dice.choice([("agent:r",), ("agent:r", "notes:read"), ("agent:rw",)]),
                created_at=dice.choice([old, recent, old + timedelta(seconds=number)]),
                created_by=creator,
                owner_id=creator,
                expires_at=expires_at,
                revoked_at=clock.now if is_revoked else None,
                suspended_at=clock.now if is_suspended else None,
                rotated_from=key.id if key and number % 5 == 4 else None,
            )
            if number % 3:
                last_uses.mark([org, key.id, to_microseconds(dice.choice([old, recent])), None, None])
            if number % 2:
                at = to_microseconds(dice.choice([old, recent]))
                last_uses.mark_refused([org, key.id, at, None, None, "EXPIRED", None])
        keys.add(
            org_id=other,
            digest=b"3",
            start="whk_other000",
            last4="wxyz",
            prefix="whk_",
            name="Billing",
            scopes=("agent:r",),
            created_at=clock.now,
        )
    return org


def everything(org, clock, sort="created", **filters):
    return walk(org, clock, KeyFilter(**filters), sort, limit=1000)[0]


def walk(org, clock, wanted, sort, limit):
    pages, cursor = [], None
    while True:
        page = key_list.page(org, wanted, sort, clock.now, limit=limit, cursor=cursor)
        pages.append(page)
        cursor = page.older
        if cursor is None:
            return [listed for page in pages for listed in page.items], pages


@pytest.mark.parametrize("sort", SORTS)
def test_pages_follow_each_other_in_both_directions_and_say_where_they_are(made, clock, sort):
    whole = everything(made, clock, sort)
    assert len(whole) == 48
    found, pages = walk(made, clock, KeyFilter(), sort, limit=7)
    assert [listed.key.id for listed in found] == [listed.key.id for listed in whole]
    assert [page.first for page in pages] == list(range(0, 48, 7))
    assert pages[0].newer is None
    back = pages[-1]
    for before in reversed(pages[:-1]):
        back = key_list.page(made, KeyFilter(), sort, clock.now, limit=7, cursor=back.newer)
        assert [listed.key.id for listed in back.items] == [listed.key.id for listed in before.items]
        assert (back.first, back.older is not None) == (before.first, True)
    assert back.newer is None


def test_each_order_is_what_it_says(made, clock):
    created = [listed.key.created_at for listed in everything(made, clock, "created")]
    assert created == sorted(created, reverse=True)
    expires = [listed.key.expires_at for listed in everything(made, clock, "expires")]
    dated = [at for at in expires if at]
    assert expires == sorted(dated) + [None] * (len(expires) - len(dated))
    used = [listed.last_let_through for listed in everything(made, clock, "used")]
    dated = [at for at in used if at]
    assert used == sorted(dated, reverse=True) + [None] * (len(used) - len(dated))
    names = [listed.key.name.casefold() for listed in everything(made, clock, "name")]
    first, number = names.index("billing"), names.count("billing")
    assert number > 1
    assert names[first : first + number] == ["billing"] * number


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_finds_the_keys_of_which_it_is_so_and_counts_them(made, clock, condition):
    now, status = clock.now, key_status.status
    unused_since = now - key_status.UNUSED_AFTER

    def is_so(listed):
        key, ended = listed.key, key_status.has_ended(listed.key, now)
        return {
            "working": not ended,
            "failing": key_status.is_working(key, now) and key_status.is_failing(listed, now),
            "expiring": status(key, now) == "expiring" and not listed.is_replaced,
            "replaced": not ended and listed.is_replaced,
            "owner_left": not ended and listed.owner_left and not listed.is_replaced,
            "unused": not ended
            and key.created_at < unused_since
            and not (listed.last_let_through and listed.last_let_through > unused_since),
            "never_expires": key.revoked_at is None and key.expires_at is None,
            "suspended": status(key, now) == "suspended",
            "expired": status(key, now) == "expired",
            "revoked": status(key, now) == "revoked",
        }[condition]

    expected = {listed.key.id for listed in everything(made, clock) if is_so(listed)}
    assert expected
    assert {listed.key.id for listed in everything(made, clock, conditions=(condition,))} == expected
    assert key_list.count(made, KeyFilter(conditions=(condition,)), now) == len(expected)


@pytest.mark.parametrize("status", get_args(key_status.Status))
def test_a_status_finds_the_keys_that_have_it(made, clock, status):
    expected = {one.key.id for one in everything(made, clock) if key_status.status(one.key, clock.now) == status}
    assert expected
    assert {one.key.id for one in everything(made, clock, status=status)} == expected


def test_what_expires_soon_in_the_list_is_what_people_are_told_of(made, clock):
    listed = everything(made, clock, conditions=("expiring",))
    owners = {one.key.owner_id for one in everything(made, clock)}
    # The keys that expire now have ended for the list, and their owners are told on the day after.
    start = clock.now + timedelta(microseconds=1)
    soon = expiring_keys.of_owners(made, owners, start, start + key_status.EXPIRING_WITHIN)
    assert {one.key.id for one in listed} == {key.id for key in soon}
    assert {key_status.state(one, clock.now) for one in listed} <= {"expiring", "failing"}


def test_words_are_found_in_names_in_any_case_and_as_they_are(made, clock):
    def names(words):
        return {listed.key.name for listed in everything(made, clock, words=words)}

    assert names("BILL") == {"Billing", "billing"}
    assert names("STRASSE") == names("straße") == {"Straße"}
    assert names("50%") == {"etl 50%"}
    assert names("r_s") == {"under_score"}
    assert names("%") == {"etl 50%"}
    assert names("nothing like this") == set()


def test_a_key_is_found_by_how_it_begins_and_ends_and_by_its_id(made, clock):
    for words in ("whk_00000011", "whk_00000011…0011", "whk_00000011...0011"):
        assert [listed.key.start for listed in everything(made, clock, words=words)] == ["whk_00000011"]
    assert everything(made, clock, words="whk_00000011…0012") == []
    wanted = everything(made, clock)[5].key.id
    assert [listed.key.id for listed in everything(made, clock, words=wanted)] == [wanted]


def test_scopes_are_found_as_whole_words_and_creators_by_id(made, clock):
    assert {listed.key.scopes for listed in everything(made, clock, scope="agent:r")} == {
        ("agent:r",),
        ("agent:r", "notes:read"),
    }
    (creator, address), (_, leaver) = key_list.creators(made)
    assert (address, leaver) == ("ann@acme.test", "dora@acme.test")
    assert {listed.created_by for listed in everything(made, clock, creator=creator)} == {"ann@acme.test"}
    assert everything(made, clock, creator=creator, conditions=("revoked",), scope="agent:rw", words="zzz") == []


def test_owners_are_found_by_id_and_what_belongs_to_nobody_by_the_word_for_it(made, clock):
    every, owners = everything(made, clock), key_list.owners(made)
    assert [address for _, address in owners] == ["ann@acme.test", "dora@acme.test"]
    for owner, _ in [*owners, (ORGANIZATION, "")]:
        wanted = {one.key.id for one in every if (one.key.owner_id or ORGANIZATION) == owner}
        assert wanted
        assert {one.key.id for one in everything(made, clock, owner=owner)} == wanted
    for owner, address in owners:
        assert key_list.owner_named(made, owner) == key_list.owner_named(made, address) == owner
    with transaction():
        outsider = people.add("charlie@beta.test", clock.now).id
    assert [key_list.owner_named(made, name) for name in (outsider, "charlie@beta.test", "nobody")] == [None] * 3


@pytest.mark.parametrize("sort", key_list.SORTS)
def test_all_of_them_are_read_in_the_order_of_the_list(made, clock, monkeypatch, sort):
    monkeypatch.setattr("app.store.key_list._READ_TOGETHER", 7)
    found = key_list.page(made, KeyFilter(), sort, clock.now, limit=1000, cursor=None).items
    assert [listed.key.id for listed in key_list.every(made, KeyFilter(), sort, clock.now)] == [
        listed.key.id for listed in found
    ]
    assert len(found) == key_list.count(made, KeyFilter(), clock.now)


@pytest.mark.parametrize("conditions", [(), *((condition,) for condition in CONDITIONS)], ids=str)
def test_the_order_used_last_is_complete_if_few_of_the_first_uses_are_of_wanted_keys(
    made, clock, monkeypatch, conditions
):
    wanted = KeyFilter(conditions=conditions)
    monkeypatch.setattr("app.store.key_list._USES_TRIED", 6)
    whole = [listed.key.id for listed in key_list.every(made, wanted, "used", clock.now)]
    found, pages = walk(made, clock, wanted, "used", limit=4)
    assert [listed.key.id for listed in found] == whole
    back = pages[-1]
    for before in reversed(pages[:-1]):
        back = key_list.page(made, wanted, "used", clock.now, limit=4, cursor=back.newer)
        assert [listed.key.id for listed in back.items] == [listed.key.id for listed in before.items]


@pytest.mark.parametrize(
    ("condition", "sort", "index"),
    [
        ("replaced", "created", "ix_api_key_org_id_rotated_from"),
        ("replaced", "name", "ix_api_key_org_id_rotated_from"),
        ("unused", "created", "ix_api_key_list"),
        ("unused", "name", "ix_api_key_org_id_name_folded_id"),
    ],
)
def test_sqlite_finds_keys_by_the_index_in_which_few_are_passed_over(app, clock, condition, sort, index):
    with transaction():
        org = organizations.add("Acme", clock.now).id
    db.session.connection()
    plan = plan_of(lambda: list(key_list.every(org, KeyFilter(conditions=(condition,)), sort, clock.now)))
    if db.engine.dialect.name == "sqlite":
        assert index in plan
        assert ("ix_api_key_list" in plan) == (index == "ix_api_key_list")


def test_keys_that_have_ended_are_counted_together_but_not_all_of_them(made, clock, monkeypatch):
    ended = [listed for listed in everything(made, clock) if key_status.has_ended(listed.key, clock.now)]
    assert key_list.count_ended(made, KeyFilter(), clock.now) == len(ended)
    of_name = [listed for listed in ended if "billing" in listed.key.name_folded]
    assert key_list.count_ended(made, KeyFilter(words="billing"), clock.now) == len(of_name)
    monkeypatch.setattr("app.store.key_list.ENDED_COUNTED_TO", 5)
    assert key_list.count_ended(made, KeyFilter(), clock.now) == 6


def test_the_count_ends_after_the_last_one_that_is_exact(made, clock, monkeypatch):
    monkeypatch.setattr("app.store.key_list.COUNTED_TO", 10)
    assert key_list.count(made, KeyFilter(), clock.now) == 11


@pytest.mark.parametrize("cursor", ["x", "WzEsMSwwLDAsImtleV8xIl0", "WzEsMCwwLDBd", "WzEsMTcsMCwwLCJrZXlfMSJd"])
def test_a_cursor_of_another_list_is_refused(made, clock, cursor):
    with pytest.raises(ValidationFailed) as refused:
        key_list.page(made, KeyFilter(), "created", clock.now, limit=10, cursor=cursor)
    assert list(refused.value.fields) == ["cursor"]


def test_a_cursor_with_a_key_of_another_organization_tells_nothing_about_its_name(made, clock):
    with transaction():
        other = organizations.add("Other", clock.now).id
        foreign = keys.add(
            org_id=other,
            digest=b"4",
            start="whk_foreign0",
            last4="wxyz",
            prefix="whk_",
            name="Key",
            scopes=("agent:r",),
            created_at=clock.now,
        ).id
    cursor = paging.encode((1, 0, 0, 0, foreign))
    assert key_list.page(made, KeyFilter(), "name", clock.now, limit=9, cursor=cursor).items == []
