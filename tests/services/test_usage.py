"""Usage as pages and the API read it."""

import pytest

from app.domain.key_settings import KeySettings
from app.services import key_verification, keys, usage
from tests.services.usage_rows import rows


@pytest.fixture
def issued(runtime, alice):
    return keys.create(runtime, alice.member, KeySettings(name="CI", scopes=["agent:r"]))


def test_counts_of_one_key_and_of_the_organization(runtime, alice, issued):
    other = keys.create(runtime, alice.member, KeySettings(name="Other"))
    key_verification.require(runtime, issued.plaintext.reveal(), scope=None)
    key_verification.require(runtime, other.plaintext.reveal(), scope=None)
    runtime.usage.flush()
    assert rows(alice, key_id=issued.listed.key.id) == {(12, "VALID"): 1}
    assert len(usage.page(alice.org, limit=100, cursor=None, key_id=None).items) == 2


def test_another_organizations_counts_are_not_seen(runtime, cast, issued):
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    key_verification.require(runtime, issued.plaintext.reveal(), scope=None)
    runtime.usage.flush()
    assert rows(charlie) == {}
    assert rows(charlie, key_id=issued.listed.key.id) == {}


def test_pages_of_counts_follow_each_other(runtime, alice, issued, clock):
    for _ in range(5):
        key_verification.require(runtime, issued.plaintext.reveal(), scope=None)
        clock.advance(hours=1)
    runtime.usage.flush()
    seen, cursor = [], None
    for _ in range(5):
        page = usage.page(alice.org, limit=2, cursor=cursor, key_id=None)
        seen += [row.hour.hour for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [16, 15, 14, 13, 12]
