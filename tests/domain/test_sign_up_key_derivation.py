"""Keys that can be given back without being kept."""

from app.domain import key_format
from app.domain.secret import Secret
from app.domain.sign_up_key_derivation import KeyDeriver

OWN, OLD, NEW = Secret("d" * 32), Secret("o" * 32), Secret("n" * 32)


def test_the_same_id_gives_the_same_well_formed_key_and_another_id_another():
    deriver = KeyDeriver(None, [NEW])
    key = deriver.mint("of_", "key_1")
    assert deriver.mint("of_", "key_1") == key
    assert deriver.mint("of_", "key_2").digest != key.digest
    assert key_format.is_well_formed(key.plaintext.reveal())
    assert deriver.again("of_", "key_1", key.digest) == key.plaintext


def test_a_key_comes_back_under_every_later_secret_and_under_no_other():
    key = KeyDeriver(None, [OLD]).mint("of_", "key_1")
    for later in (KeyDeriver(None, [OLD, NEW]), KeyDeriver(OWN, [OLD]), KeyDeriver(OWN, [OLD, NEW])):
        assert later.again("of_", "key_1", key.digest) == key.plaintext
        assert later.mint("of_", "key_1").digest != key.digest
    assert KeyDeriver(OWN, [NEW]).again("of_", "key_1", key.digest) is None


def test_nothing_but_the_keys_own_id_and_prefix_gives_it_back():
    deriver = KeyDeriver(OWN, [NEW])
    digest = deriver.mint("of_", "key_1").digest
    assert deriver.again("of_", "key_2", digest) is None
    assert deriver.again("whk_", "key_1", digest) is None
