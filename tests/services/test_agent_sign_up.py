"""Door C: the very same key back, and a new one when there is none."""

import pytest
from sqlalchemy import text

from app.domain.errors import KeyDisabled, OtpInvalid
from app.domain.key_derivation import KeyDeriver
from app.domain.roles import Role
from app.extensions import db
from app.services import agent_sign_up, credits, key_verification, operator_keys, organizations
from app.store import people

EMAIL = "founder@example.com"


def sign_up(desk, clock, email=EMAIL):
    clock.advance(hours=1)
    code = agent_sign_up.request(desk, email=email, client="203.0.113.1").plaintext
    return agent_sign_up.verify(desk, email=email, code=code)


def test_a_new_person_gets_an_account_an_organization_credits_and_a_key(desk, clock):
    done = sign_up(desk, clock)
    record = key_verification.require(desk, done.api_key, scope="agent:rw")
    assert (done.email, done.is_new_user) == (EMAIL, True)
    assert credits.balance(record.org_id).balance == 1000
    assert organizations.of_person(people.by_email(EMAIL).id)[0].role.value == "owner"


def test_an_existing_one_gets_the_very_same_string_back(desk, clock):
    first, again = sign_up(desk, clock), sign_up(desk, clock)
    assert again.api_key == first.api_key
    assert again.is_new_user is False
    assert db.session.execute(text("SELECT count(*) FROM api_key")).scalar_one() == 1


def test_its_plaintext_is_not_kept(desk, clock):
    key = sign_up(desk, clock).api_key
    for table in ("api_key", "audit_entry", "outbox_mail"):
        assert key not in str(db.session.execute(text(f"SELECT * FROM {table}")).all())


def test_a_person_without_a_sign_up_key_gets_a_new_one_in_their_organization(desk, alice, clock):
    done = sign_up(desk, clock, alice.email)
    assert done.is_new_user is False
    assert key_verification.require(desk, done.api_key, scope=None).org_id == alice.org


def test_a_viewer_gets_a_key_of_an_organization_of_their_own_not_of_the_one_they_look_at(desk, cast, clock):
    vera = cast.vera
    record = key_verification.require(desk, sign_up(desk, clock, vera.email).api_key, scope="agent:rw")
    assert record.org_id != vera.org
    assert [org.role.value for org in organizations.of_person(vera.person_id)] == ["viewer", "owner"]
    assert sign_up(desk, clock, vera.email).api_key
    assert len(organizations.of_person(vera.person_id)) == 2


@pytest.mark.parametrize("change", ["removed", "viewer"])
def test_who_may_no_longer_have_a_key_there_is_not_given_it_back(desk, cast, clock, change):
    bob = cast.bob
    first = sign_up(desk, clock, bob.email).api_key
    assert key_verification.require(desk, first, scope=None).org_id == bob.org
    if change == "removed":
        operator_keys.remove_member(desk, bob.org, bob.email)
    else:
        operator_keys.add_member(desk, bob.org, bob.email, Role.VIEWER)
    second = sign_up(desk, clock, bob.email).api_key
    assert key_verification.require(desk, second, scope=None).org_id != bob.org
    assert sign_up(desk, clock, bob.email).api_key == second


def test_after_revoke_there_is_a_new_one(desk, clock):
    first = sign_up(desk, clock).api_key
    operator_keys.revoke_key(desk, first)
    second = sign_up(desk, clock).api_key
    assert second != first
    assert key_verification.require(desk, second, scope=None)


def test_a_secret_that_is_gone_revokes_the_key_and_makes_a_new_one(desk, clock, monkeypatch):
    first = sign_up(desk, clock).api_key
    object.__setattr__(desk, "derived", KeyDeriver("another-derivation-secret-of-32-chars", []))
    second = sign_up(desk, clock).api_key
    assert second != first
    with pytest.raises(Exception, match="revoked"):
        key_verification.require(desk, first, scope=None)


def test_a_derivation_secret_set_later_still_gives_the_old_key_back(desk, clock):
    first = sign_up(desk, clock).api_key
    object.__setattr__(desk, "derived", KeyDeriver("a-derivation-secret-of-32-characters", desk.settings.secret_keys))
    assert sign_up(desk, clock).api_key == first


def test_a_disabled_persons_sign_up_key_refuses_and_other_keys_live_on(desk, cast, clock):
    alice = cast.alice
    key = sign_up(desk, clock, alice.email).api_key
    other = operator_keys.create_key(desk, operator_keys.OperatorsWish(org=alice.org)).plaintext
    operator_keys.set_person_disabled(desk, alice.email, disabled=True)
    with pytest.raises(KeyDisabled):
        key_verification.require(desk, key, scope=None)
    assert key_verification.require(desk, other, scope=None)
    operator_keys.set_person_disabled(desk, alice.email, disabled=False)
    assert key_verification.require(desk, key, scope=None)


def test_an_address_that_sign_up_refuses_gets_no_code(app, clock, set_settings):
    set_settings(sign_up="invited")
    desk = app.extensions["desk"]
    assert agent_sign_up.request(desk, email=EMAIL, client="203.0.113.1").plaintext is None
    with pytest.raises(OtpInvalid):
        agent_sign_up.verify(desk, email=EMAIL, code="000000")
    assert people.by_email(EMAIL) is None
