"""A key that is not of our form reaches the database only while any such key is on record."""

import hashlib

import pytest

from app.domain.errors import InvalidKey
from app.domain.imported_keys import parse_row
from app.services import imported_keys, key_verification
from app.services.foreign_keys import ForeignKeys


def test_the_question_is_asked_once_a_second_while_there_are_none(runtime, alice):
    asked = []
    foreign_keys = ForeignKeys(lambda: asked.append(1) or runtime.key_records.has_imported())
    assert [foreign_keys.on_record() for _ in range(20)] == [False] * 20
    assert asked == [1]
    with pytest.raises(InvalidKey):
        key_verification.require(runtime, "foreign", scope=None)


def test_an_import_is_noticed_after_a_second(runtime, alice, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("app.services.foreign_keys.time.monotonic", lambda: now[0])
    assert not runtime.foreign_keys.on_record()
    list(imported_keys.import_keys(runtime, alice.org, [parse_row({"hash": hashlib.sha256(b"foreign").hexdigest()})]))
    now[0] += 1
    assert runtime.foreign_keys.on_record()
    assert key_verification.require(runtime, "foreign", scope=None)
