"""Rows of an import: every system's kind of hash, and what is refused by its column."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest

from app.domain.errors import ValidationFailed
from app.domain.imported_keys import HashKind, digests, parse_hash, parse_row

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


@pytest.mark.parametrize("kind", KINDS)
def test_every_systems_kind_of_hash_is_read(kind):
    expected = (HashKind.SHA512, SHA512) if kind in {"knox", "drf-api-key"} else (HashKind.SHA256, SHA256)
    assert parse_hash(f" {KINDS[kind]}\n") == expected
    assert expected[1] in digests(KEY)


@pytest.mark.parametrize(
    "text", ["", "x", "00" * 31, "00" * 33, "sha512$$" + "00" * 32, "sha1$$" + "00" * 64, "é" * 64]
)
def test_what_is_no_hash_is_refused(text):
    with pytest.raises(ValidationFailed):
        parse_hash(text)


@pytest.mark.parametrize("start", [KEY, "x" * 21, "\x1b[2J", "two\nlines"])
def test_a_column_that_holds_whole_keys_or_moves_the_cursor_is_refused(start):
    with pytest.raises(ValidationFailed, match="start"):
        parse_row({"hash": SHA256.hex(), "start": start})
    assert parse_row({"hash": SHA256.hex(), "start": "owk_live_12345678"}).start == "owk_live_12345678"


def test_a_row_of_a_hash_alone_has_a_name_and_nothing_else():
    row = parse_row({"hash": SHA256.hex(), "name": "", "start": None})
    assert (row.name, row.start, row.scopes, row.expires_at) == ("Imported key", "", (), None)


def test_scopes_stand_once_and_times_have_whole_seconds():
    row = parse_row({"hash": SHA256.hex(), "scopes": "b a  b", "expires_at": "2027-01-31T12:00:00.9Z"})
    assert (row.scopes, row.expires_at) == (("b", "a"), datetime(2027, 1, 31, 12, tzinfo=UTC))


def test_a_column_of_hashes_that_holds_the_keys_themselves_is_refused():
    key = "V2hvbGVLZXlXaG9sZUtleVdob2xlS2V5V2hvbGVLZXk"
    assert parse_hash(key)[0] is HashKind.SHA256
    with pytest.raises(ValidationFailed, match="it is the key itself"):
        parse_row({"hash": key, "start": key[:6]})


@pytest.mark.parametrize("hashed", [hashlib.sha256, hashlib.sha512])
def test_a_short_key_does_not_stand_whole_in_its_start(hashed):
    with pytest.raises(ValidationFailed, match="start: is the whole key"):
        parse_row({"hash": hashed(b"short-key").hexdigest(), "start": "short-key"})
