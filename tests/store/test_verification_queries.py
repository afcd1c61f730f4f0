"""A key that is not of our form reaches the database only while an imported key is on record."""

import hashlib

import pytest

from app.domain.errors import InvalidKey
from app.domain.imported_keys import parse_row
from app.services import imported_keys, key_verification


def test_imported_keys_are_asked_for_once_a_second_while_there_are_none(runtime, alice, monkeypatch):
    records, asked = runtime.key_records, []
    rows = records._reader.rows
    monkeypatch.setattr(records._reader, "rows", lambda *query: asked.append(1) or rows(*query))
    assert [records.has_imported() for _ in range(20)] == [False] * 20
    assert asked == [1]
    with pytest.raises(InvalidKey):
        key_verification.require(runtime, "imported", scope=None)


def test_an_import_is_noticed_after_a_second(runtime, alice, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("app.store.verification_queries.time.monotonic", lambda: now[0])
    assert not runtime.key_records.has_imported()
    list(imported_keys.import_keys(runtime, alice.org, [parse_row({"hash": hashlib.sha256(b"imported").hexdigest()})]))
    now[0] += 1
    assert runtime.key_records.has_imported()
    assert key_verification.require(runtime, "imported", scope=None)
