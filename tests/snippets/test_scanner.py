"""The page's scanner knows our keys by sight."""

from app.domain.key_format import mint
from tests.snippets.page import snippet


def scanner():
    names = {}
    exec(snippet("For secret scanners", "python"), names)
    return names["keys_in"]


def test_the_scanner_finds_a_key_of_every_door(settings):
    prefixes = [
        settings.key_prefix,
        settings.agent_key_prefix,
        settings.sign_up_key_prefix,
        settings.test_key_prefix,
        settings.session_token_prefix,
    ]
    keys = [mint(prefix).plaintext.reveal() for prefix in prefixes for _ in range(20)]
    assert scanner()("\n".join(f'KEY="{key}"' for key in keys)) == keys


def test_the_scanner_leaves_look_alikes_alone():
    key = mint("whk_").plaintext.reveal()
    typo = key[:-1] + ("a" if key[-1] != "a" else "b")
    assert scanner()(f"{typo} {key}0 x{key} abc_{key[4:]}") == []
    assert scanner()("whk_ABCDEFGHIJKLMNOPQRSTUVWXYZ2bkEBD") == ["whk_ABCDEFGHIJKLMNOPQRSTUVWXYZ2bkEBD"]
