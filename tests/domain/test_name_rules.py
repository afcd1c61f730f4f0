"""Names that people give."""

import pytest

from app.domain import name_rules
from app.domain.errors import ValidationFailed


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" CI ", "CI"),
        ("e\u0301te", "\u00e9te"),
        ("👩\u200d💻 laptop", "👩\u200d💻 laptop"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a" * name_rules.MAX_LENGTH, "a" * name_rules.MAX_LENGTH),
        ("…", "…"),
    ],
)
def test_a_name_is_kept_in_one_spelling(written, kept):
    assert name_rules.cleaned(written) == name_rules.cleaned(kept) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        " \t\n",
        "a" * (name_rules.MAX_LENGTH + 1),
        "a" * name_rules.MAX_LENGTH + " ",
        "two\nlines",
        "two\u2028lines",
        "safe\u202etxt",
        "nul\x00",
        "\ud800",
        "\u3164",
        "\u200d",
        "\u0301",
    ],
)
def test_what_cannot_be_seen_or_is_too_long_is_refused_by_field(written):
    with pytest.raises(ValidationFailed) as refused:
        name_rules.cleaned(written)
    assert list(refused.value.fields) == ["name"]


@pytest.mark.parametrize(
    ("name", "in_mails"),
    [
        ("etl-staging-218", "etl-staging-218"),
        ("GitHub Action (prod), Ann & Bob’s №1", "GitHub Action (prod), Ann & Bob’s №1"),
        ("Ключ до сервера", "Ключ до сервера"),
        ("नमस्ते 👩‍👩‍👧", "नमस्ते 👩‍👩‍👧"),
        ("https://evil.example/pay?x=1", "https evil example pay?x=1"),
        ("evil．example／pay", "evil example pay"),
        ("evil。example", "evil example"),
        ("mail me: eve@evil.example", "mail me eve evil example"),
        ("x”. Your account is locked: call", "x Your account is locked call"),
        ('<a href="x">', "a href= x"),
        ("W" * 41, "W" * 40 + "…"),
        ("W" * 40, "W" * 40),
    ],
)
def test_a_name_in_a_mail_is_short_and_holds_no_link(name, in_mails):
    assert name_rules.without_links(name) == in_mails
