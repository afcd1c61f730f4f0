"""Signed links, and codes that nobody keeps."""

import pytest

from app.domain.errors import LinkForged
from app.domain.one_time_secrets import CodeMaker, LinkSigner, Purpose, normalise_code
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


def test_a_code_made_under_an_earlier_secret_still_verifies():
    old, new = CodeMaker([OLD]), CodeMaker([OLD, NEW])
    made, digest = old.make(Purpose.EMAIL_CODE, "ots_1")
    code = made.reveal()
    assert new.matches(code, Purpose.EMAIL_CODE, "ots_1", digest)
    assert new.again(Purpose.EMAIL_CODE, "ots_1", digest) == made
    assert not new.matches(code, Purpose.SIGN_UP_CODE, "ots_1", digest)
    assert not CodeMaker([NEW]).matches(code, Purpose.EMAIL_CODE, "ots_1", digest)


@pytest.mark.parametrize(
    "typed",
    [
        " 598265 ",
        "598 265",
        "598-265",
        "598–265",
        "598−265",
        "598\u00a0265\n",
        "\u200b598265\ufeff",
        "５９８２６５",
        "٥٩٨٢٦٥",
        "`598265`",
        "```\n598-265\n```",
    ],
)
def test_a_code_is_read_however_it_was_copied(typed):
    assert normalise_code(typed) == "598265"


@pytest.mark.parametrize("typed", ["", "59826", "5982655", "59826x", '"598265"', "598.265", "½98265", "\ud800" * 6])
def test_what_is_not_six_digits_is_no_code(typed):
    with pytest.raises(ValueError, match="6 digits"):
        normalise_code(typed)
