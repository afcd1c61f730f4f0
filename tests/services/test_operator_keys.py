"""Door D: what operators do offline."""

import pytest

from app.domain.errors import KeyDisabled, KeyRevoked, NotFound, UnknownScope, ValidationFailed
from app.domain.key_rate_limit import RateLimit
from app.domain.roles import Role
from app.services import audit, key_verification, operator_keys, sessions
from app.services.key_settings import KeyChange
from app.services.operator_keys import NoSingleMatch, OperatorsWish
from app.store import keys as key_store


def create(desk, **wish):
    return operator_keys.create_key(desk, OperatorsWish(**wish))


def works(desk, key):
    try:
        return key_verification.require(desk, key, scope=None) is not None
    except (KeyRevoked, KeyDisabled):
        return False


def test_without_organizations_a_key_belongs_to_the_operators(desk):
    record = key_verification.require(desk, create(desk).plaintext, scope="agent:rw")
    assert record.org_name == "Operators"


def test_with_one_organization_it_belongs_to_that_one(desk, alice):
    assert key_verification.require(desk, create(desk).plaintext, scope=None).org_id == alice.org


def test_with_several_it_belongs_to_the_operators_or_the_one_that_is_named(desk, cast):
    charlie = cast.charlie
    assert key_verification.require(desk, create(desk).plaintext, scope=None).org_name == "Operators"
    own = charlie.own_organization()
    for org in (own, "charlie’s organization"):
        assert key_verification.require(desk, create(desk, org=org).plaintext, scope=None).org_id == own
    with pytest.raises(NotFound):
        create(desk, org="nobody's")


def test_what_cannot_be_meant_is_refused(desk):
    with pytest.raises(UnknownScope):
        create(desk, scopes=["root"])
    with pytest.raises(ValidationFailed):
        create(desk, expires_in_days=0)
    with pytest.raises(ValidationFailed):
        create(desk, name="")


@pytest.mark.parametrize("cut", [lambda key: key[:12], lambda key: key[4:12], lambda key: key[4:20], lambda key: key])
def test_a_key_is_revoked_by_how_it_begins_with_or_without_its_prefix(desk, cut):
    key, other = create(desk).plaintext, create(desk).plaintext
    operator_keys.revoke_key(desk, cut(key))
    assert not works(desk, key)
    assert works(desk, other)


@pytest.mark.parametrize(
    "prefix", ["", "whk_", "whk_1234567", "1234567", "zzzzzzzz", "whk_zzzzzzzz", "%%%%%%%%", "________"]
)
def test_none_or_too_little_revokes_nothing(desk, prefix):
    key = create(desk).plaintext
    with pytest.raises(NoSingleMatch):
        operator_keys.revoke_key(desk, prefix)
    assert works(desk, key)


def test_several_matches_are_listed_and_nothing_is_revoked(desk, clock):
    keys = [create(desk).listed.key for _ in range(2)]
    from app.store.transaction import transaction

    with transaction():
        for key in keys:
            key_store.get(key.org_id, key.id).key.start = "whk_SAMESAME"
    with pytest.raises(NoSingleMatch) as refused:
        operator_keys.revoke_key(desk, "SAMESAME")
    assert len(refused.value.matches) == 2
    assert len(list(operator_keys.working_keys(desk))) == 2


def test_a_rotated_key_has_a_successor(desk, clock):
    old = create(desk, name="CI", scopes=["notes:read"]).plaintext
    new = operator_keys.rotate_key(desk, old[:12], 60)
    assert (new.listed.key.name, new.listed.key.scopes) == ("CI", ("notes:read",))
    assert works(desk, old)
    assert works(desk, new.plaintext)


def test_a_key_is_made_with_limits_and_changed_at_once(desk):
    issued = create(desk, rate=RateLimit(9, 60), networks=["203.0.113.0/24"])
    (listed,) = operator_keys.working_keys(desk)
    assert (listed.rate_limit, listed.networks) == (RateLimit(9, 60), ("203.0.113.0/24",))
    record = key_verification.verify(desk, issued.plaintext, scope=None, address="203.0.113.7").record
    assert (record.rate_limit, len(record.networks)) == (RateLimit(9, 60), 1)
    wanted = KeyChange(scopes=["notes:read", "notes:read"], rate_limit=None, networks=[])
    operator_keys.change_key(desk, issued.plaintext[:12], wanted)
    record = key_verification.require(desk, issued.plaintext, scope="notes:read")
    assert (record.scopes, record.rate_limit, record.networks) == (("notes:read",), None, ())
    (entry,) = audit.page(record.org_id, limit=1, cursor=None).items
    assert (entry.action, entry.actor) == ("key.changed", "operator")


def test_a_change_that_cannot_be_meant_changes_nothing(desk):
    issued = create(desk)
    with pytest.raises(UnknownScope):
        operator_keys.change_key(desk, issued.plaintext[:12], KeyChange(name="Other", scopes=["root"]))
    with pytest.raises(ValidationFailed):
        operator_keys.change_key(desk, issued.plaintext[:12], KeyChange(name="Other", networks=["here"]))
    with pytest.raises(NoSingleMatch):
        operator_keys.change_key(desk, "whk_zzzzzzzz", KeyChange(name="Other"))
    assert [key.name for key in operator_keys.working_keys(desk)] == ["API key"]


def test_disabling_an_organization_stops_its_keys_and_enabling_starts_them(desk, alice):
    key = create(desk).plaintext
    operator_keys.set_organization_disabled(desk, alice.org, disabled=True)
    assert not works(desk, key)
    operator_keys.set_organization_disabled(desk, alice.org, disabled=False)
    assert works(desk, key)
    actions = [entry.action for entry in audit.page(alice.org, limit=2, cursor=None).items]
    assert actions == ["organization.enabled", "organization.disabled"]


def test_members_are_added_changed_and_removed(desk, alice):
    operator_keys.add_member(desk, alice.org, "Dora@example.com", Role.VIEWER)
    operator_keys.add_member(desk, alice.org, "dora@example.com", Role.ADMIN)
    assert [(row.email, row.role) for row in operator_keys.members(alice.org)] == [
        ("alice@example.com", "owner"),
        ("dora@example.com", "admin"),
    ]
    operator_keys.remove_member(desk, alice.org, "dora@example.com")
    assert len(operator_keys.members(alice.org)) == 1
    with pytest.raises(NotFound):
        operator_keys.remove_member(desk, alice.org, "dora@example.com")


def test_disabling_a_person_ends_their_sessions(desk, alice):
    token = alice.http.get_cookie("whs_session").value
    operator_keys.set_person_disabled(desk, alice.email, disabled=True)
    assert sessions.resume(desk, token) is None
    with pytest.raises(NotFound):
        operator_keys.set_person_disabled(desk, "nobody@example.com", disabled=True)


def test_an_organization_is_made(desk):
    made = operator_keys.create_organization(desk, "Acme")
    assert [org.id for org in operator_keys.all_organizations()] == [made.id]
    assert audit.broken_at(made.id) is None
