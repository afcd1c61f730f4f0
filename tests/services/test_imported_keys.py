"""Import by hash: every other system's kind, nothing twice, and the key itself works as it was."""

import base64
import hashlib

import pytest

from app.domain.errors import InvalidKey, UnknownScope, ValidationFailed
from app.domain.imported_keys import parse_hash, parse_row
from app.services import imported_keys, key_verification
from app.store import key_records

KEY = "foreign.key-of-another-system"
SHA256, SHA512 = hashlib.sha256(KEY.encode()).digest(), hashlib.sha512(KEY.encode()).digest()
KINDS = {
    "sha256 hex": SHA256.hex(),
    "sha256 HEX": SHA256.hex().upper(),
    "unkey": base64.b64encode(SHA256).decode(),
    "better auth": base64.urlsafe_b64encode(SHA256).decode().rstrip("="),
    "knox": SHA512.hex(),
    "drf-api-key": f"sha512$${SHA512.hex()}",
}


def run(runtime, org, *rows):
    return list(imported_keys.import_keys(runtime, org, [parse_row(row) for row in rows]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_each_kind_works_as_it_was(runtime, alice, kind, monkeypatch):
    with pytest.raises(InvalidKey):
        key_verification.require(runtime, KEY, scope=None)
    monkeypatch.setattr(key_records, "KEPT_SECONDS", 0)
    assert run(runtime, alice.org, {"hash": KINDS[kind], "name": "Old", "scopes": "notes:read"}) == [(1, 1)]
    record = key_verification.require(runtime, KEY, scope="notes:read")
    assert (record.name, record.org_id) == ("Old", alice.org)


def test_running_it_again_imports_nothing_twice(runtime, alice):
    rows = [{"hash": hashlib.sha256(str(number).encode()).hexdigest()} for number in range(2500)]
    assert run(runtime, alice.org, *rows[:1500]) == [(1000, 1000), (500, 500)]
    assert run(runtime, alice.org, *rows) == [(1000, 0), (1000, 500), (500, 500)]


@pytest.mark.parametrize(
    "text", ["", "x", "00" * 31, "00" * 33, "sha512$$" + "00" * 32, "sha1$$" + "00" * 64, "é" * 64]
)
def test_what_is_no_hash_is_refused(text):
    with pytest.raises(ValidationFailed):
        parse_hash(text)


def test_an_unknown_scope_or_a_time_without_a_zone_is_refused(runtime, alice):
    with pytest.raises(UnknownScope):
        run(runtime, alice.org, {"hash": SHA256.hex(), "scopes": "root"})
    with pytest.raises(ValidationFailed):
        parse_row({"hash": SHA256.hex(), "expires_at": "2027-01-01"})


@pytest.mark.parametrize("start", [KEY, "x" * 21, "\x1b[2J", "two\nlines"])
def test_a_column_that_holds_whole_keys_or_moves_the_cursor_is_refused(start):
    with pytest.raises(ValidationFailed, match="start"):
        parse_row({"hash": SHA256.hex(), "start": start})
    assert parse_row({"hash": SHA256.hex(), "start": "owk_live_12345678"}).start == "owk_live_12345678"
