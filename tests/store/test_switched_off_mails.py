"""Mails that people do not want."""

import pytest

from app.store import switched_off_mails
from app.store.transaction import transaction


def test_what_is_put_replaces_what_was_there(person):
    with transaction():
        switched_off_mails.put(person, {"a", "b"})
    with transaction():
        switched_off_mails.put(person, {"b", "c"})
    assert switched_off_mails.of_person(person) == {"b", "c"}
    assert switched_off_mails.of_person("usr_other") == frozenset()


def test_only_in_a_transaction(person):
    with pytest.raises(RuntimeError):
        switched_off_mails.put(person, set())
