"""Usage: gathered in memory, written by the flush."""

import pytest
from sqlalchemy.exc import OperationalError

from app.domain.errors import InsufficientScope
from app.domain.key_settings import KeySettings
from app.domain.key_verification import KeyRecord, Outcome
from app.extensions import db
from app.services import key_list, key_revocation, key_verification, keys, usage
from app.services.key_list import KeyFilter
from app.store import keys as key_store
from app.store.last_uses import LastUse
from app.store.transaction import transaction
from app.store.usage import UsageHour
from tests.databases import statements
from tests.services.usage_rows import rows


@pytest.fixture
def issued(runtime, alice):
    return keys.create(runtime, alice.member, KeySettings(name="CI", scopes=["agent:r"]))


def test_requests_are_counted_by_hour_and_outcome(runtime, alice, issued, clock):
    for _ in range(3):
        key_verification.require(runtime, issued.plaintext.reveal(), scope="agent:r")
    with pytest.raises(InsufficientScope):
        key_verification.require(runtime, issued.plaintext.reveal(), scope="agent:rw")
    clock.advance(hours=1)
    key_verification.require(runtime, issued.plaintext.reveal(), scope="agent:r")
    assert rows(alice) == {}
    runtime.usage.flush()
    assert rows(alice) == {(12, "VALID"): 3, (12, "INSUFFICIENT_SCOPE"): 1, (13, "VALID"): 1}


def test_flushes_add_up(runtime, alice, issued):
    for _ in range(3):
        key_verification.require(runtime, issued.plaintext.reveal(), scope=None)
        runtime.usage.flush()
    assert rows(alice) == {(12, "VALID"): 3}


def test_last_used_moves_forward_and_only_for_accepted_requests(runtime, alice, issued, clock):
    key_id = issued.listed.key.id
    key_verification.verify(runtime, issued.plaintext.reveal(), scope="agent:rw")
    runtime.usage.flush()
    assert keys.get(alice.member, key_id).last_let_through is None
    key_verification.verify(runtime, issued.plaintext.reveal(), scope="agent:r")
    runtime.usage.flush()
    used = clock.now
    assert keys.get(alice.member, key_id).last_use.at == used
    clock.advance(hours=-1)
    key_verification.verify(runtime, issued.plaintext.reveal(), scope="agent:r")
    runtime.usage.flush()
    assert keys.get(alice.member, key_id).last_use.at == used


def test_the_last_refused_request_is_kept_with_what_it_needed(runtime, alice, issued, clock):
    key_id = issued.listed.key.id
    key_verification.verify(runtime, issued.plaintext.reveal(), scope="agent:rw", address="192.0.2.1", agent="curl/8")
    runtime.usage.flush()
    refused = clock.now
    clock.advance(minutes=1)
    key_verification.verify(runtime, issued.plaintext.reveal(), scope="agent:r")
    runtime.usage.flush()
    use = keys.get(alice.member, key_id).last_use
    assert (use.at, use.refused_at, use.refused_address, use.refused_agent) == (
        clock.now,
        refused,
        "192.0.2.1",
        "curl/8",
    )
    assert (use.refused_outcome, use.refused_needs) == ("INSUFFICIENT_SCOPE", "agent:rw")


def test_a_working_key_for_a_route_that_is_not_listed_is_counted_once_it_is_cached(runtime, alice, issued, clock):
    def ask(plaintext):
        key_verification.count_unlisted(runtime, (plaintext, None), "GET", "/admin", "192.0.2.1", "curl/8")

    plaintext, other = issued.plaintext.reveal(), keys.create(runtime, alice.member, KeySettings(name="Other"))
    with statements() as sent:
        ask(plaintext)
        ask("whk_unknown")
        ask(None)
    assert sent == []
    key_verification.verify(runtime, plaintext, scope=None)
    key_verification.verify(runtime, other.plaintext.reveal(), scope=None)
    ask(plaintext)
    key_revocation.revoke(runtime, alice.member, other.listed.key.id)
    ask(other.plaintext.reveal())
    runtime.usage.flush()
    assert rows(alice, key_id=issued.listed.key.id) == {(12, "VALID"): 1, (12, "ROUTE_NOT_LISTED"): 1}
    assert rows(alice, key_id=other.listed.key.id) == {(12, "VALID"): 1}
    assert keys.get(alice.member, issued.listed.key.id).last_use.refused_needs == "GET /admin"


def test_a_flush_that_fails_loses_nothing(runtime, alice, issued, monkeypatch):
    key_verification.require(runtime, issued.plaintext.reveal(), scope=None)

    def fails(*_):
        raise OperationalError("down", None, Exception())

    with monkeypatch.context() as patched:
        patched.setattr("app.store.usage.add", fails)
        with pytest.raises(OperationalError):
            runtime.usage.flush()
    key_verification.require(runtime, issued.plaintext.reveal(), scope=None)
    runtime.usage.flush()
    assert rows(alice) == {(12, "VALID"): 2}


def test_a_flush_that_fails_half_way_counts_nothing_twice(runtime, alice, issued, monkeypatch):
    def fails(*_):
        raise OperationalError("down", None, Exception())

    key_verification.require(runtime, issued.plaintext.reveal(), scope=None)
    with monkeypatch.context() as patched:
        patched.setattr("app.store.last_uses.mark", fails)
        with pytest.raises(OperationalError):
            runtime.usage.flush()
    assert rows(alice) == {}
    runtime.usage.flush()
    assert rows(alice) == {(12, "VALID"): 1}


def test_hundreds_of_keys_are_counted_in_one_flush_each_with_its_own_use(runtime, alice, clock, monkeypatch):
    """By several statements, the last of which is not full."""
    monkeypatch.setattr("app.store.bulk_writes.ROWS_AT_ONCE", 100)
    with transaction():
        made = [
            key_store.add(
                org_id=alice.org,
                digest=bytes([number // 256, number % 256]),
                start="kd_live_12345678",
                last4="wxyz",
                prefix="kd_live_",
                name=str(number),
                scopes=(),
                created_at=clock.now,
            )
            for number in range(683)
        ]
    records = [KeyRecord(key.id, alice.org, "", key.name, (), frozenset(), None, None, False) for key in made]
    for number, record in enumerate(records):
        for _ in range(1 + number % 3):
            runtime.usage.key_used(record, Outcome.VALID, clock.now, f"192.0.2.{number % 256}" if number % 2 else None)
    runtime.usage.flush()
    found = {row.key_id: row.requests for row in db.session.scalars(db.select(UsageHour))}
    assert found == {key.id: 1 + number % 3 for number, key in enumerate(made)}
    uses = {use.key_id: (use.at, use.address, use.agent) for use in db.session.scalars(db.select(LastUse))}
    assert uses == {
        key.id: (clock.now, f"192.0.2.{number % 256}" if number % 2 else None, None) for number, key in enumerate(made)
    }


def test_what_no_database_keeps_and_no_page_shows_does_not_stop_the_counting(runtime, alice, issued):
    key_verification.verify(
        runtime, issued.plaintext.reveal(), None, address="fe80::1%\x00" + "x" * 100, agent="a\x00b\n" + "y" * 400
    )
    runtime.usage.flush()
    assert rows(alice) == {(12, "VALID"): 1}
    use = keys.get(alice.member, issued.listed.key.id).last_use
    assert use.address == "fe80::1%" + "x" * 55
    assert use.agent == "ab" + "y" * 296


@pytest.mark.parametrize(
    "agent",
    ['"quoted"', "back\\slash", "{a,b}", "[null]", "NULL", "null", "", "50 % :rows %(rows)s", "caf\xe9 \U0001f511"],
)
def test_what_a_client_calls_itself_is_kept_letter_by_letter(runtime, alice, issued, agent):
    key_verification.verify(runtime, issued.plaintext.reveal(), None, address="192.0.2.1", agent=agent)
    runtime.usage.flush()
    use = keys.get(alice.member, issued.listed.key.id).last_use
    assert (use.address, use.agent) == ("192.0.2.1", agent)


def test_a_busy_second_is_a_handful_of_statements(runtime, alice):
    plaintexts = [
        keys.create(runtime, alice.member, KeySettings(name=f"Key {number}")).plaintext.reveal() for number in range(43)
    ]
    runtime.usage.flush()
    for plaintext in plaintexts * 2:
        key_verification.require(runtime, plaintext, scope=None, address="203.0.113.7")
    with statements() as sent:
        runtime.usage.flush()
    # The counts, the last uses, and the addresses, which are new in this hour.
    assert [sql[:6] for sql in sent if not sql.startswith(("BEGIN", "SELECT"))] == ["INSERT"] * 3
    page = usage.page(alice.org, limit=100, cursor=None, key_id=None)
    assert [row.requests for row in page.items] == [2] * 43
    listed = key_list.every(runtime, alice.member, KeyFilter(), sort="created")
    assert {found.last_use.address for found in listed} == {"203.0.113.7"}
