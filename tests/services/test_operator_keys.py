"""Door D: what operators do offline."""

import pytest

from app.domain.errors import KeyDisabled, KeyRevoked, NotFound, UnknownScope, ValidationFailed
from app.domain.key_rate_limit import RateLimit
from app.domain.key_settings import KeySettings
from app.services import audit, key_verification, operator_keys
from app.services.operator_keys import NoSingleMatch
from app.store import keys as key_store


def create(runtime, org=None, **settings):
    return operator_keys.create_key(runtime, KeySettings(**settings), org=org)


def works(runtime, key):
    try:
        return key_verification.require(runtime, key, scope=None) is not None
    except (KeyRevoked, KeyDisabled):
        return False


def test_without_organizations_a_key_belongs_to_the_operators(runtime):
    record = key_verification.require(runtime, create(runtime).plaintext.reveal(), scope="agent:rw")
    assert record.org_name == "Operators"


def test_with_one_organization_it_belongs_to_that_one(runtime, alice):
    assert key_verification.require(runtime, create(runtime).plaintext.reveal(), scope=None).org_id == alice.org


def test_with_several_it_belongs_to_the_operators_or_the_one_that_is_named(runtime, cast):
    charlie = cast.charlie
    assert key_verification.require(runtime, create(runtime).plaintext.reveal(), scope=None).org_name == "Operators"
    own = charlie.own_organization()
    for org in (own, "charlie’s organization"):
        assert key_verification.require(runtime, create(runtime, org=org).plaintext.reveal(), scope=None).org_id == own
    with pytest.raises(NotFound):
        create(runtime, org="nobody's")


def test_what_cannot_be_meant_is_refused(runtime):
    with pytest.raises(UnknownScope):
        create(runtime, scopes=["root"])
    with pytest.raises(ValidationFailed):
        create(runtime, expires_at=runtime.clock())
    with pytest.raises(ValidationFailed):
        create(runtime, name="")


@pytest.mark.parametrize("cut", [lambda key: key[:12], lambda key: key[4:12], lambda key: key[4:20], lambda key: key])
def test_a_key_is_revoked_by_how_it_begins_with_or_without_its_prefix(runtime, cut):
    key, other = create(runtime).plaintext.reveal(), create(runtime).plaintext.reveal()
    operator_keys.revoke_key(runtime, cut(key))
    assert not works(runtime, key)
    assert works(runtime, other)


@pytest.mark.parametrize(
    "prefix", ["", "whk_", "whk_1234567", "1234567", "zzzzzzzz", "whk_zzzzzzzz", "%%%%%%%%", "________"]
)
def test_none_or_too_little_revokes_nothing(runtime, prefix):
    key = create(runtime).plaintext.reveal()
    with pytest.raises(NoSingleMatch):
        operator_keys.revoke_key(runtime, prefix)
    assert works(runtime, key)


def test_several_matches_are_listed_and_nothing_is_revoked(runtime, clock):
    keys = [create(runtime).listed.key for _ in range(2)]
    from app.store.transaction import transaction

    with transaction():
        for key in keys:
            key_store.get(key.org_id, key.id).key.start = "whk_SAMESAME"
    with pytest.raises(NoSingleMatch) as refused:
        operator_keys.revoke_key(runtime, "SAMESAME")
    assert len(refused.value.matches) == 2
    assert len(list(operator_keys.working_keys(runtime))) == 2


def test_a_rotated_key_has_a_successor(runtime, clock):
    old = create(runtime, name="CI", scopes=["notes:read"]).plaintext.reveal()
    new = operator_keys.rotate_key(runtime, old[:12], 60)
    assert (new.listed.key.name, new.listed.key.scopes) == ("CI", ("notes:read",))
    assert works(runtime, old)
    assert works(runtime, new.plaintext.reveal())


def test_a_key_is_made_with_limits_and_changed_at_once(runtime):
    issued = create(runtime, rate_limit=RateLimit(9, 60), networks=["203.0.113.0/24"])
    (listed,) = operator_keys.working_keys(runtime)
    assert (listed.rate_limit, listed.networks) == (RateLimit(9, 60), ("203.0.113.0/24",))
    record = key_verification.verify(runtime, issued.plaintext.reveal(), scope=None, address="203.0.113.7").record
    assert (record.rate_limit, len(record.networks)) == (RateLimit(9, 60), 1)
    wanted = KeySettings(scopes=["notes:read", "notes:read"], rate_limit=None, networks=[])
    operator_keys.change_key(runtime, issued.plaintext.reveal()[:12], wanted)
    record = key_verification.require(runtime, issued.plaintext.reveal(), scope="notes:read")
    assert (record.scopes, record.rate_limit, record.networks) == (("notes:read",), None, ())
    (entry,) = audit.page(record.org_id, limit=1, cursor=None).items
    assert (entry.action, entry.actor) == ("key.changed", "operator")


def test_a_change_that_cannot_be_meant_changes_nothing(runtime):
    issued = create(runtime)
    with pytest.raises(UnknownScope):
        operator_keys.change_key(runtime, issued.plaintext.reveal()[:12], KeySettings(name="Other", scopes=["root"]))
    with pytest.raises(ValidationFailed):
        operator_keys.change_key(runtime, issued.plaintext.reveal()[:12], KeySettings(name="Other", networks=["here"]))
    with pytest.raises(NoSingleMatch):
        operator_keys.change_key(runtime, "whk_zzzzzzzz", KeySettings(name="Other"))
    assert [key.name for key in operator_keys.working_keys(runtime)] == ["API key"]


def test_a_whole_key_that_matches_nothing_is_not_repeated(runtime):
    key = create(runtime).plaintext.reveal()
    operator_keys.revoke_key(runtime, key)
    with pytest.raises(NoSingleMatch) as refused:
        operator_keys.revoke_key(runtime, key)
    assert key[:12] in refused.value.detail
    assert key[:13] not in refused.value.detail
