"""Mails that people do not want."""

import pytest

from app.store import mail_preferences
from app.store.transaction import transaction


def test_what_is_put_replaces_what_was_there(person):
    with transaction():
        mail_preferences.put(person, {"a", "b"})
    with transaction():
        mail_preferences.put(person, {"b", "c"})
    assert mail_preferences.of_person(person) == {"b", "c"}
    assert mail_preferences.of_person("usr_other") == frozenset()


def test_only_in_a_transaction(person):
    with pytest.raises(RuntimeError):
        mail_preferences.put(person, set())
