"""Import by hash: every other system's kind, nothing twice, and the key itself works as it was."""

import hashlib

import pytest

from app.domain.errors import InvalidKey, UnknownScope, ValidationFailed
from app.domain.imported_keys import parse_row
from app.services import imported_keys, key_verification
from app.store import verification_queries
from tests.domain.test_imported_keys import KEY, KINDS, SHA256


def run(runtime, org, *rows):
    return list(imported_keys.import_keys(runtime, org, [parse_row(row) for row in rows]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_each_kind_works_as_it_was(runtime, alice, kind, monkeypatch):
    with pytest.raises(InvalidKey):
        key_verification.require(runtime, KEY, scope=None)
    monkeypatch.setattr(verification_queries, "KEPT_SECONDS", 0)
    assert run(runtime, alice.org, {"hash": KINDS[kind], "name": "Old", "scopes": "notes:read"}) == [(1, 1)]
    record = key_verification.require(runtime, KEY, scope="notes:read")
    assert (record.name, record.org_id) == ("Old", alice.org)


def test_running_it_again_imports_nothing_twice(runtime, alice):
    rows = [{"hash": hashlib.sha256(str(number).encode()).hexdigest()} for number in range(2500)]
    assert run(runtime, alice.org, *rows[:1500]) == [(1000, 1000), (500, 500)]
    assert run(runtime, alice.org, *rows) == [(1000, 0), (1000, 500), (500, 500)]


def test_an_unknown_scope_or_a_time_without_a_zone_is_refused(runtime, alice):
    with pytest.raises(UnknownScope):
        run(runtime, alice.org, {"hash": SHA256.hex(), "scopes": "root"})
    with pytest.raises(ValidationFailed):
        parse_row({"hash": SHA256.hex(), "expires_at": "2027-01-01"})
