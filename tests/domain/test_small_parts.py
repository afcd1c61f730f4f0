"""Client addresses, ids, times, cursors and sign-up, a few lines each."""

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.domain import base62, client_address, paging
from app.domain.errors import ValidationFailed
from app.domain.ids import new_id
from app.domain.sign_up import admits
from app.domain.times import rfc3339


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:5678", "203.0.113.7"),
        ("[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_limits_count_an_ipv6_customer_as_one(address, counted):
    assert client_address.counted(address) == counted


def test_ids_say_their_noun_and_are_never_alike():
    made = {new_id("key") for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(made_id) == 26 and made_id.startswith("key_") for made_id in made)


def test_base62_pads_to_the_left():
    assert base62.encode(0, 6) == "000000"
    assert base62.encode(61, 2) == "0z"
    assert base62.encode(62, 2) == "10"


def test_times_on_the_wire_are_utc_whole_seconds():
    moment = datetime(2026, 4, 16, 14, 15, 0, 999999, tzinfo=timezone(timedelta(hours=2)))
    assert rfc3339(moment) == "2026-04-16T12:15:00Z"
    assert rfc3339(datetime(2026, 4, 16, 12, tzinfo=UTC)) == "2026-04-16T12:00:00Z"


def test_a_cursor_comes_back_as_it_went():
    assert paging.decode(paging.encode((17, "key_1")), int, str) == [17, "key_1"]
    assert paging.decode(None, int) is None
    assert paging.decode("", int) is None


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%%%",
        "é",
        paging.encode(("a",)),
        paging.encode((1, 2)),
        paging.encode((2**53,)),
        paging.encode((-1,)),
        "bnVsbA",
        paging.encode(("\ud800",)),
        "W1tbW1tb" * 40,
        base64.urlsafe_b64encode(b"[" * 200).decode(),
    ],
)
def test_a_foreign_cursor_is_refused_by_name(cursor):
    with pytest.raises(ValidationFailed) as refused:
        paging.decode(cursor, int)
    assert list(refused.value.details["fields"]) == ["cursor"]


@pytest.mark.parametrize(
    ("sign_up", "email", "admitted"),
    [
        ("open", "a@example.com", True),
        ("invited", "a@example.com", False),
        (("example.com",), "a@example.com", True),
        (("example.com",), "a@evil-example.com", False),
        (("example.com",), "a@sub.example.com", False),
    ],
)
def test_who_may_sign_up(sign_up, email, admitted):
    assert admits(sign_up, email) is admitted
