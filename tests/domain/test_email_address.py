"""Addresses: one spelling each."""

import pytest

from app.domain import email_address
from app.domain.errors import ValidationFailed


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Alice@Example.COM", "alice@example.com"),
        ("  alice@example.com ", "alice@example.com"),
        ("alice\uff20example.com", "alice@example.com"),
        ("ａlice@example.com", "alice@example.com"),
        ("alice+ci@example.com", "alice+ci@example.com"),
        ("alice@bücher.example", "alice@xn--bcher-kva.example"),
        ("alice@localhost", "alice@localhost"),
    ],
)
def test_an_address_has_one_spelling_and_keeps_it(written, kept):
    assert email_address.normalise(written) == kept
    assert email_address.normalise(kept) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        "alice",
        "@example.com",
        "alice@",
        "alice@@example.com",
        "alice@a@example.com",
        "alice@example",
        "alice@-example.com",
        "alice@example..com",
        ".alice@example.com",
        "al ice@example.com",
        "alice@exam ple.com",
        "alice@example.com\nBcc: eve@example.com",
        "alice@example.com\r\n",
        "alice\x00@example.com",
        "alice,bob@example.com",
        "<alice@example.com>",
        "élise@example.com",
        "a" * 65 + "@example.com",
        "a@" + "b" * 250 + ".com",
        "a@" + ".".join(["b" * 60] * 5),
        "alice@example.com" + " " * 238,
    ],
)
def test_what_is_no_single_address_is_refused_by_field(written):
    with pytest.raises(ValidationFailed) as refused:
        email_address.normalise(written)
    assert list(refused.value.details["fields"]) == ["email"]


def test_a_masked_address_shows_one_letter_and_the_domain():
    assert email_address.masked("alice@example.com") == "a•••@example.com"
