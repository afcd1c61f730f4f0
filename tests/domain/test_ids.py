"""Ids of our own objects."""

from app.domain.ids import is_id, new_id


def test_ids_say_their_noun_and_are_never_alike():
    made = {new_id("key") for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(made_id) == 26 and made_id.startswith("key_") for made_id in made)


def test_an_id_has_their_form_and_neither_a_key_nor_an_address_has_it():
    assert is_id(new_id("key"))
    assert is_id(new_id("org"))
    assert not any(map(is_id, ("", "key_", f"whk_{'a' * 32}", f"whk_{'a' * 22}\n", "a@example.com", "0b1c9c5e-uuid")))
