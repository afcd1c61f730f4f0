"""What needs attention, and whose key a text is."""

from hashlib import sha256

import pytest

from app.domain.imported_keys import parse_row
from app.domain.key_settings import KeySettings
from app.services import imported_keys, key_list, keys
from app.services.key_list import KeyFilter, PastedKey
from app.services.keys_needing_attention import ATTENTION


@pytest.fixture
def issued(runtime, alice):
    return keys.create(runtime, alice.member, KeySettings(name="CI", scopes=["agent:r"]))


AROUND = [
    "{}",
    " {}\n",
    "x-api-key: {}",
    "Authorization: Bearer {}",
    'KEY="{}"',
    "‘{}’,",
    '{{"key":"{}"}}',
    "key:{}.",
    "({})",
    "<{}>",
    "https://api.example/x?api_key={}&page=1",
    "x" * 5000 + " {} " + "y" * 5000,
]


@pytest.mark.parametrize("around", AROUND, ids=range(len(AROUND)))
def test_a_whole_key_is_found_alone_and_in_a_line(runtime, alice, issued, around):
    text = around.format(issued.plaintext.reveal())
    assert key_list.pasted_key(runtime, alice.member, text) == PastedKey(issued.listed.key.id)


def test_what_is_no_key_is_none(runtime, alice, issued):
    key = issued.listed.key
    for text in ("", "CI", key.start, f"{key.start}…{key.last4}", key.id, "whk_", "a_" * 9_000):
        assert key_list.pasted_key(runtime, alice.member, text) is None


def test_a_part_of_a_key_is_a_secret_that_is_not_searched_for(runtime, alice, issued):
    plaintext = issued.plaintext.reveal()
    for text in (plaintext[:-1], plaintext[:20], f"curl {plaintext[:30]}", plaintext[:-1] + "!"):
        assert key_list.pasted_key(runtime, alice.member, text) == PastedKey(None, is_whole=False)


def test_a_key_of_another_organization_is_a_key_and_not_named(runtime, cast, issued):
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    assert key_list.pasted_key(runtime, charlie.member, issued.plaintext.reveal()) == PastedKey(None)


def test_an_imported_key_is_found_whatever_it_looks_like(runtime, cast, alice):
    assert key_list.pasted_key(runtime, alice.member, "old-secret") is None
    row = parse_row({"hash": sha256(b"old-secret").hexdigest()})
    list(imported_keys.import_keys(runtime, alice.org, [row]))
    runtime.key_records._asked_at = float("-inf")
    assert key_list.pasted_key(runtime, alice.member, "token: old-secret").key_id is not None
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    assert key_list.pasted_key(runtime, charlie.member, '{"token":"old-secret"} old-secret') == PastedKey(None)


def test_each_thing_that_needs_attention_is_counted(runtime, alice, issued):
    assert key_list.attention(runtime, alice.member) == dict.fromkeys(ATTENTION, 0) | {"never_expires": 1}
    assert key_list.count(runtime, alice.member, KeyFilter()) == 1
