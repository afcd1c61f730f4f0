"""Keys: found in their own organization only, in pages without gaps, and working until the moment they expire."""

from datetime import timedelta

import pytest

from app.domain.ids import new_id
from app.domain.key_origin import KeyOrigin
from app.domain.member_roles import Role
from app.store import key_rotations, keys, last_uses, memberships, operator_keys, sign_up_keys
from app.store.column_types import to_microseconds
from app.store.transaction import transaction
from tests.store.pages import all_pages


@pytest.fixture
def row(org, clock):
    """A key's columns."""

    def row(**values):
        return {
            "org_id": org,
            "digest": new_id("digest").encode(),
            "start": "whk_12345678",
            "last4": "wxyz",
            "prefix": "whk_",
            "name": "CI",
            "scopes": ("agent:r",),
            "created_at": clock.now,
        } | values

    return row


@pytest.fixture
def add(row):
    """Adds a key; its id."""

    def add(**values):
        with transaction():
            return keys.add(**row(**values)).id

    return add


@pytest.fixture
def some_of_each(add, clock):
    """One that lives on, one that just lives, one that ends at this moment, and one that was revoked; the ids."""
    just, moment = timedelta(microseconds=1), clock.now
    return [
        add(name="on", expires_at=None),
        add(name="just", expires_at=moment + just),
        add(name="ends", expires_at=moment),
        add(name="revoked", revoked_at=moment),
    ]


def test_a_key_is_found_in_its_own_organization_with_its_maker_and_last_use(org, other_org, person, add, clock):
    key_id, offline = add(created_by=person, owner_id=person), add()
    with transaction():
        last_uses.mark([org, key_id, to_microseconds(clock.now), "203.0.113.7", "curl/8"])
    found = keys.get(org, key_id)
    assert (found.key.id, found.created_by, found.last_use.at) == (key_id, "ann@example.com", clock.now)
    assert keys.get(org, offline)[1:] == (None, None, None, False, None)
    assert found.owner_left
    assert keys.get(other_org, key_id) is None
    with transaction():
        assert keys.locked(org, key_id).created_by == "ann@example.com"
        assert keys.locked(other_org, key_id) is None
    assert keys.organization_of(key_id) == org
    assert keys.organization_of("key_none") is None


def test_a_person_sees_the_working_keys_of_all_their_organizations(org, other_org, person, add, some_of_each, clock):
    elsewhere = add(org_id=other_org)

    def listed():
        page = all_pages(
            lambda cursor: keys.page_of_person(person, now=clock.now, limit=1, cursor=cursor),
            limit=1,
        )
        return {found.key.id for found in page}

    assert listed() == set()
    for org_id, expected in ((org, {*some_of_each[:2]}), (other_org, {*some_of_each[:2], elsewhere})):
        with transaction():
            memberships.add(org_id, person, Role.VIEWER, clock.now)
        assert listed() == expected


def test_operators_find_working_keys_of_everybody_and_only_those(other_org, add, some_of_each, clock):
    early = add(org_id=other_org, created_at=clock.now - timedelta(days=1), start="whk_87654321", digest=b"early")
    working = some_of_each[:2]
    assert [key.id for key in operator_keys.working(clock.now)] == [early, *sorted(working)]
    starts = ["whk_12345678", "whk_87654321", "whk_00000000"]
    with transaction():
        assert [key.id for key in operator_keys.working_by_start(starts[:1], clock.now)] == sorted(working)
        assert {key.id for key in operator_keys.working_by_start(starts, clock.now)} == {early, *working}
        assert [key.id for key in operator_keys.working_by_digest(b"early", clock.now)] == [early]
        assert operator_keys.working_by_digest(b"none", clock.now) == []


def test_the_working_keys_that_a_person_created_in_one_organization(org, other_org, person, add, clock):
    newer = add(owner_id=person)
    older = add(owner_id=person, created_at=clock.now - timedelta(days=1))
    add(owner_id=person, revoked_at=clock.now)
    add(owner_id=person, expires_at=clock.now)
    add(owner_id=person, org_id=other_org)
    # The organization's, whoever created it.
    add(created_by=person)
    add()
    with transaction():
        assert [listed.key.id for listed in keys.working_of_owner(org, person, clock.now, lock=True)] == [older, newer]


def test_a_digest_that_somebody_has_is_not_added_again(org, other_org, add, row, clock):
    add(digest=b"one", name="First")
    rows = [row(digest=b"one", name="Second", org_id=other_org), row(digest=b"two", org_id=other_org)]
    for new in (1, 0):
        with transaction():
            assert keys.add_missing(rows) == new
    with transaction():
        (kept,) = operator_keys.working_by_digest(b"one", clock.now)
        assert (kept.org_id, kept.name) == (org, "First")


def test_the_current_sign_up_keys_work_and_were_not_rotated_newest_first(org, other_org, person, add, clock):
    sign_up = {"created_by": person, "origin": KeyOrigin.SIGN_UP.value}

    def current():
        return [key.id for key in sign_up_keys.current(person, clock.now)]

    assert current() == []
    assert sign_up_keys.organizations_with(person) == []
    older = add(**sign_up, created_at=clock.now - timedelta(days=1))
    newer = add(**sign_up, org_id=other_org, expires_at=clock.now + timedelta(hours=1))
    add(created_by=person, created_at=clock.now + timedelta(hours=1))
    assert current() == [newer, older]
    clock.advance(hours=1)
    assert current() == [older]
    add(**sign_up, revoked_at=clock.now, rotated_from=older)
    assert current() == []
    assert sorted(sign_up_keys.organizations_with(person)) == sorted([org, other_org])


def test_a_form_and_a_predecessor_lead_to_the_key_that_was_made(org, other_org, add):
    first = add(submission_id="form-1")
    assert keys.by_submission(org, "form-1") == first
    assert keys.by_submission(other_org, "form-1") is None
    assert not key_rotations.has_successor(org, first)
    second = add(rotated_from=first)
    assert key_rotations.has_successor(org, first)
    assert not key_rotations.has_successor(org, second)


@pytest.mark.databases("postgresql")
def test_who_has_locked_a_key_is_waited_for_except_by_those_that_only_refer_to_it(
    org, person, add, has_to_wait, row, clock
):
    key_id = add(digest=b"one", owner_id=person)
    with transaction():
        assert keys.locked(org, key_id)
        assert has_to_wait(lambda: keys.locked(org, key_id))
        assert has_to_wait(lambda: operator_keys.working_by_start(["whk_12345678"], clock.now))
        assert has_to_wait(lambda: operator_keys.working_by_digest(b"one", clock.now))
        assert has_to_wait(lambda: keys.working_of_owner(org, person, clock.now, lock=True))
        assert not has_to_wait(lambda: keys.add(**row(rotated_from=key_id)))


def test_active_keys_of_an_organization_are_counted_up_to_a_number(org, other_org, some_of_each, add, clock):
    add(org_id=other_org)
    assert [keys.has_working(org, number, clock.now) for number in (1, 2, 3)] == [True, True, False]


def test_the_nth_newest_creation_of_a_person_counts_all_their_keys(person, add, other_org, clock):
    moments = []
    for values in ({"origin": "sign_up"}, {"revoked_at": clock.now}, {"org_id": other_org}):
        clock.advance(minutes=1)
        moments.append(clock.now)
        add(created_by=person, created_at=clock.now, **values)
    add()
    assert [keys.nth_newest_creation(person, number) for number in (1, 2, 3, 4)] == [*reversed(moments), None]
