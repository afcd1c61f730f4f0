"""Ids of our own objects."""

from app.domain.ids import new_id


def test_ids_say_their_noun_and_are_never_alike():
    made = {new_id("key") for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(made_id) == 26 and made_id.startswith("key_") for made_id in made)
