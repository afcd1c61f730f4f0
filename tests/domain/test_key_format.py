"""The form of a key, with a well-known example."""

import re

import pytest

from app.domain import key_format

EXAMPLE = "whk_ABCDEFGHIJKLMNOPQRSTUVWXYZ2bkEBD"


def test_the_contracts_example_is_well_formed():
    assert key_format.is_well_formed(EXAMPLE)


@pytest.mark.parametrize("prefix", ["whk_", "owk_live_", "of_", "whk_test_", "owt_"])
def test_a_minted_key_has_32_alphanumerics_after_its_prefix_and_is_well_formed(prefix):
    key = key_format.mint(prefix)
    assert re.fullmatch(prefix + "[0-9A-Za-z]{32}", key.plaintext.reveal())
    assert key_format.is_well_formed(key.plaintext.reveal())
    assert key.start == key.plaintext.reveal()[: len(prefix) + 8]
    assert key.last4 == key.plaintext.reveal()[-4:]


def test_no_two_minted_keys_are_alike():
    assert len({key_format.mint("whk_").plaintext.reveal() for _ in range(1000)}) == 1000


def test_every_single_wrong_character_shows():
    for position in range(len("whk_"), len(EXAMPLE)):
        wrong = "0" if EXAMPLE[position] != "0" else "1"
        assert not key_format.is_well_formed(EXAMPLE[:position] + wrong + EXAMPLE[position + 1 :])


@pytest.mark.parametrize(
    "text",
    ["", "whk_", EXAMPLE[:-1], EXAMPLE + "0", EXAMPLE + "\n", " " + EXAMPLE, EXAMPLE.replace("A", "Ａ"), "é" * 36],
)
def test_what_is_no_key_is_refused(text):
    assert not key_format.is_well_formed(text)


def test_a_whole_key_is_found_wherever_it_begins():
    key = key_format.mint("whk_").plaintext.reveal()
    for around in ("{}", "x{}", "a_b_{}", "KEY_{}", "{}x", '"{}"', "?k={}&a=b", "é{}é"):
        assert key_format.found_in(around.format(key)) == key, around
    for text in ("", key[:-1], key[1:], "a" * 100_000, "a_" * 50_000):
        assert key_format.found_in(text) is None
