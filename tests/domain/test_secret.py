"""A secret shows itself to nobody who did not ask for it."""

import copy
import json
import pickle

import pytest

from app.domain import key_format
from app.domain.secret import Secret

TEXT = "whk_ABCDEFGHIJKLMNOPQRSTUVWXYZ2bkEBD"


def test_no_way_of_printing_shows_it():
    secret = Secret(TEXT)
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret:>50}", "%s" % secret, "%r" % secret, [secret]):  # noqa: UP031
        assert TEXT not in str(shown)


def test_what_holds_one_does_not_show_it_either():
    minted = key_format.mint("whk_")
    assert minted.plaintext.reveal() not in repr(minted)


@pytest.mark.parametrize("write", [json.dumps, pickle.dumps, copy.deepcopy])
def test_it_is_not_written_by_accident(write):
    with pytest.raises(TypeError):
        write(Secret(TEXT))


def test_it_is_compared_by_its_text():
    assert Secret(TEXT) == Secret(TEXT)
    assert Secret(TEXT) != Secret("other")
    assert Secret(TEXT) != TEXT
    assert not Secret("")
