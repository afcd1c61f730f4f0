"""What needs attention, and whose key a text is."""

from hashlib import sha256

import pytest

from app.domain.imported_keys import parse_row
from app.domain.key_settings import KeySettings
from app.services import imported_keys, key_list, keys
from app.services.key_attention import ATTENTION
from app.services.key_list import KeyFilter, PastedKey


@pytest.fixture
def issued(runtime, alice):
    return keys.create(runtime, alice.member, KeySettings(name="CI", scopes=["agent:r"]))


@pytest.mark.parametrize("around", ["{}", " {}\n", "x-api-key: {}", "Authorization: Bearer {}", 'KEY="{}"', "‘{}’,"])
def test_a_whole_key_is_found_alone_and_in_a_line(alice, issued, around):
    text = around.format(issued.plaintext.reveal())
    assert key_list.pasted_key(alice.member, text) == PastedKey(issued.listed.key.id)


def test_what_is_no_whole_key_is_none(alice, issued):
    for text in ("", "CI", issued.listed.key.start, issued.plaintext.reveal()[:-1], issued.plaintext.reveal() + "x"):
        assert key_list.pasted_key(alice.member, text) is None


def test_a_key_of_another_organization_is_a_key_and_not_named(cast, issued):
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    assert key_list.pasted_key(charlie.member, issued.plaintext.reveal()) == PastedKey(None)


def test_an_imported_key_is_found_whatever_it_looks_like(runtime, alice):
    assert key_list.pasted_key(alice.member, "old-secret") is None
    row = parse_row({"hash": sha256(b"old-secret").hexdigest()})
    list(imported_keys.import_keys(runtime, alice.org, [row]))
    assert key_list.pasted_key(alice.member, "token: old-secret").key_id is not None


def test_each_thing_that_needs_attention_is_counted(runtime, alice, issued):
    assert key_list.attention(runtime, alice.member) == dict.fromkeys(ATTENTION, 0) | {"never_expires": 1}
    assert key_list.count(runtime, alice.member, KeyFilter()) == 1
