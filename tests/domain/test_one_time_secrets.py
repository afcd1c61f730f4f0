"""Signed links."""

import pytest

from app.domain.errors import LinkForged
from app.domain.one_time_secrets import LinkSigner
from app.domain.secret import Secret

OLD, NEW = Secret("o" * 32), Secret("n" * 32)


def test_a_token_says_its_row_and_nothing_else_does():
    signer = LinkSigner([NEW])
    token = signer.sign("ots_1").reveal()
    assert signer.read(token) == "ots_1"
    for forged in ("", "x", token[:-1], token + "x", "A" + token, token.replace(".", "..")):
        with pytest.raises(LinkForged):
            signer.read(forged)


def test_a_token_of_an_earlier_secret_is_still_read_and_new_ones_are_signed_with_the_newest():
    token = LinkSigner([OLD]).sign("ots_1").reveal()
    assert LinkSigner([OLD, NEW]).read(token) == "ots_1"
    assert LinkSigner([NEW]).read(LinkSigner([OLD, NEW]).sign("ots_2").reveal()) == "ots_2"
    with pytest.raises(LinkForged):
        LinkSigner([NEW]).read(token)
