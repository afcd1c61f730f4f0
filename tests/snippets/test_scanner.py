"""The page's scanner, and the rule for gitleaks, know our keys by sight."""

import math
import re
import tomllib
from collections import Counter

import pytest

from app.config import ROOT
from app.domain.key_format import mint
from tests.snippets.page import snippet

RULE = tomllib.loads((ROOT / "deploy" / "gitleaks.toml").read_text())["rules"][0]
#: How keys look where they leak: escaped, encoded for URLs, joined to other words.
SURROUNDINGS = [
    'KEY="{}"',
    "\\n{}\\n",
    "?token%3D{}%26page",
    "Authorization: Bearer%20{}",
    "{}_backup",
    "backup_{}",
    "x{}",
    "{}",
    "{}\n",
]


def scanner():
    names = {}
    exec(snippet("For secret scanners", "python"), names)
    return names["keys_in"]


def gitleaks(text):
    """What gitleaks reports with our rule: its expression, its group and its measure of randomness."""
    if not any(word in text for word in RULE["keywords"]):
        return []
    found = [match[RULE["secretGroup"]] for match in re.finditer(RULE["regex"], text)]
    return [secret for secret in found if entropy(secret) > RULE["entropy"]]


def entropy(text):
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares)


@pytest.fixture
def keys(settings):
    """Twenty keys of every kind."""
    prefixes = [
        settings.key_prefix,
        settings.agent_key_prefix,
        settings.sign_up_key_prefix,
        settings.test_key_prefix,
        settings.session_token_prefix,
    ]
    return [mint(prefix).plaintext.reveal() for prefix in prefixes for _ in range(20)]


@pytest.mark.parametrize("surrounding", SURROUNDINGS)
def test_a_key_is_found_whatever_stands_around_it(keys, surrounding):
    text = "\n".join(surrounding.format(key) for key in keys)
    assert scanner()(text) == keys
    assert gitleaks(text) == keys


def test_the_scanner_leaves_look_alikes_alone():
    key = mint("whk_").plaintext.reveal()
    typo = key[:-1] + ("a" if key[-1] != "a" else "b")
    assert scanner()(f"{typo} abc_{key[4:]}") == []
    assert scanner()("whk_ABCDEFGHIJKLMNOPQRSTUVWXYZ2bkEBD") == ["whk_ABCDEFGHIJKLMNOPQRSTUVWXYZ2bkEBD"]


def test_a_look_alike_does_not_hide_the_key_that_begins_inside_it():
    key = mint("whk_").plaintext.reveal()
    assert scanner()(f"of_{'x' * 29}{key}") == [key]


def test_a_hash_after_a_word_that_ends_like_a_prefix_is_no_leak():
    assert gitleaks("md5_of_d41d8cd98f00b204e9800998ecf8427e ") == []
