"""The keys that a mail lists, kept as one text."""

from datetime import UTC, datetime

from app.domain.keys_listed_in_mail import MOST, MailedKey, pack, unpack

AT = datetime(2026, 4, 16, 12, tzinfo=UTC)


def key(number):
    return MailedKey("org_1", f"key_{number}", 'O’Brien\'s "CI" 🔑', "whk_1…abcd", "revoked", AT, "ann@example.com")


def test_they_come_back_as_they_were():
    made = unpack(pack([key(1), key(2)], 2))
    assert made.listed == [key(1), key(2)]
    assert (made.total, made.more) == (2, 0)


def test_of_many_the_first_are_listed_and_all_are_counted():
    made = unpack(pack([key(number) for number in range(MOST + 3)], 5000))
    assert [one.key_id for one in made.listed] == [f"key_{number}" for number in range(MOST)]
    assert made.more == 5000 - MOST
