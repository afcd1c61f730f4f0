"""The numbers above the list of keys, and for how long they are kept."""

import pytest

from app.domain.key_settings import KeySettings
from app.services import key_revocation, keys
from app.services.keys_needing_attention import KEPT_SECONDS, KeysNeedingAttention
from tests.databases import statements


class Seconds:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def made(runtime, alice):
    return [keys.create(runtime, alice.member, KeySettings(name="CI")).listed.key.id for _ in range(3)]


@pytest.fixture
def large(monkeypatch):
    monkeypatch.setattr("app.store.key_list.COUNTED_TO", 1)


def counted(attention, org_id, now):
    """How many keys never expire, and whether they were counted for it."""
    with statements() as sent:
        numbers = attention.numbers(org_id, now)
    return numbers["never_expires"], any("count(" in sql for sql in sent)


def test_the_keys_of_a_small_organization_are_counted_each_time(alice, made, clock):
    attention = KeysNeedingAttention(Seconds())
    assert [counted(attention, alice.org, clock.now) for _ in range(2)] == [(3, True), (3, True)]


@pytest.mark.usefixtures("large")
def test_the_numbers_of_a_large_one_are_kept_until_a_key_is_revoked_or_they_are_too_old(runtime, alice, made, clock):
    seconds = Seconds()
    attention = KeysNeedingAttention(seconds)
    assert [counted(attention, alice.org, clock.now) for _ in range(2)] == [(2, True), (2, False)]
    key_revocation.revoke(runtime, alice.member, made[0])
    assert [counted(attention, alice.org, clock.now) for _ in range(2)] == [(2, True), (2, False)]
    seconds.now += KEPT_SECONDS
    assert counted(attention, alice.org, clock.now) == (2, True)


@pytest.mark.usefixtures("large")
def test_each_organization_has_its_own_and_not_all_are_kept(cast, runtime, alice, made, clock, monkeypatch):
    monkeypatch.setattr("app.services.keys_needing_attention.MAX_KEPT", 1)
    attention = KeysNeedingAttention(Seconds())
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    for _ in range(2):
        keys.create(runtime, charlie.member, KeySettings(name="CI"))
    assert counted(attention, alice.org, clock.now) == (2, True)
    assert counted(attention, charlie.org, clock.now) == (2, True)
    assert counted(attention, alice.org, clock.now) == (2, True)
