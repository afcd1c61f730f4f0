"""Agent sign-up: the very same key back, and a new one when there is none."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import text

from app.domain import key_format
from app.domain.errors import Forbidden, KeyDisabled, OtpInvalid
from app.domain.key_origin import KeyOrigin
from app.domain.key_settings import KeySettings
from app.domain.member_roles import Role
from app.domain.secret import Secret
from app.domain.sign_up_key_derivation import KeyDeriver
from app.extensions import db
from app.services import (
    agent_sign_up,
    audit,
    credits,
    invitations,
    key_rotation,
    key_verification,
    keys,
    operator_keys,
    operator_members,
    organizations,
    sign_in,
)
from app.services.revocation_barrier import revoking
from app.store import operator_keys as named_keys
from app.store import people

EMAIL = "founder@example.com"


def sign_up(runtime, clock, email=EMAIL):
    clock.advance(hours=1)
    code = agent_sign_up.request(runtime, email=email, client="203.0.113.1").plaintext.reveal()
    return agent_sign_up.verify(runtime, email=email, code=code)


def test_a_new_person_gets_an_account_an_organization_credits_and_a_key(runtime, clock):
    done = sign_up(runtime, clock)
    record = key_verification.require(runtime, done.api_key.reveal(), scope="agent:rw")
    assert (done.email, done.is_new_user) == (EMAIL, True)
    assert credits.balance(record.org_id).balance == 1000
    assert organizations.of_person(people.by_email(EMAIL).id)[0].role.value == "owner"


def test_an_existing_one_gets_the_very_same_string_back(runtime, clock):
    first, again = sign_up(runtime, clock), sign_up(runtime, clock)
    assert again.api_key.reveal() == first.api_key.reveal()
    assert again.is_new_user is False
    assert db.session.execute(text("SELECT count(*) FROM api_key")).scalar_one() == 1


def test_its_plaintext_is_not_kept(runtime, clock):
    key = sign_up(runtime, clock).api_key.reveal()
    for table in ("api_key", "audit_entry", "outbox_mail"):
        assert key not in str(db.session.execute(text(f"SELECT * FROM {table}")).all())


def test_a_person_without_a_sign_up_key_gets_a_new_one_in_their_organization(runtime, alice, clock):
    done = sign_up(runtime, clock, alice.email)
    assert done.is_new_user is False
    assert key_verification.require(runtime, done.api_key.reveal(), scope=None).org_id == alice.org


def test_a_viewer_gets_a_key_of_an_organization_of_their_own_not_of_the_one_they_look_at(runtime, cast, clock):
    vera = cast.vera
    record = key_verification.require(runtime, sign_up(runtime, clock, vera.email).api_key.reveal(), scope="agent:rw")
    assert record.org_id != vera.org
    assert [org.role.value for org in organizations.of_person(vera.person_id)] == ["viewer", "owner"]
    assert sign_up(runtime, clock, vera.email).api_key.reveal()
    assert len(organizations.of_person(vera.person_id)) == 2


@pytest.mark.parametrize("change", ["removed", "viewer"])
def test_who_may_no_longer_have_a_key_there_is_not_given_it_back(runtime, cast, clock, change):
    bob = cast.bob
    first = sign_up(runtime, clock, bob.email).api_key.reveal()
    assert key_verification.require(runtime, first, scope=None).org_id == bob.org
    if change == "removed":
        operator_members.remove_member(runtime, bob.org, bob.email)
    else:
        operator_members.add_member(runtime, bob.org, bob.email, Role.VIEWER)
    second = sign_up(runtime, clock, bob.email).api_key.reveal()
    assert key_verification.require(runtime, second, scope=None).org_id != bob.org
    assert sign_up(runtime, clock, bob.email).api_key.reveal() == second


def test_after_revoke_there_is_a_new_one(runtime, clock):
    first = sign_up(runtime, clock).api_key.reveal()
    operator_keys.revoke_key(runtime, first)
    second = sign_up(runtime, clock).api_key.reveal()
    assert second != first
    assert key_verification.require(runtime, second, scope=None)


def rotate_as_member(member):
    return lambda runtime, key, overlap: key_rotation.rotate(
        runtime, member, key_verification.require(runtime, key, scope=None).key_id, overlap_seconds=overlap
    )


@pytest.fixture(params=["its person", "an owner", "an operator"])
def rotate(request, cast):
    """Rotates a sign-up key of Bob."""
    return {
        "its person": rotate_as_member(cast.bob.member),
        "an owner": rotate_as_member(cast.alice.member),
        "an operator": operator_keys.rotate_key,
    }[request.param]


@pytest.mark.parametrize("overlap", [0, 86_400])
def test_the_successor_of_a_sign_up_key_is_one_whoever_rotates_it(runtime, cast, clock, rotate, overlap):
    first = sign_up(runtime, clock, cast.bob.email).api_key.reveal()
    issued = rotate(runtime, first, overlap)
    second, key = issued.plaintext.reveal(), issued.listed.key
    assert (key.origin, key.prefix, key.created_by) == ("sign_up", "of_", cast.bob.person_id)
    assert issued.listed.created_by == cast.bob.email
    assert sign_up(runtime, clock, cast.bob.email).api_key.reveal() == second
    third = rotate(runtime, second, 0).plaintext.reveal()
    assert sign_up(runtime, clock, cast.bob.email).api_key.reveal() == third


def test_a_key_that_was_rotated_is_not_given_back_when_its_successor_is_revoked(runtime, cast, clock, rotate):
    first = sign_up(runtime, clock, cast.bob.email).api_key.reveal()
    second = rotate(runtime, first, 86_400).plaintext.reveal()
    operator_keys.revoke_key(runtime, second)
    third = sign_up(runtime, clock, cast.bob.email).api_key.reveal()
    assert third not in (first, second)
    clock.advance(days=1)
    assert [key.key.start for key in keys.page_of_person(runtime, cast.bob.person_id, limit=9, cursor=None).items] == [
        third[: len("of_") + 8]
    ]


def test_a_rotation_where_the_person_left_takes_nothing_from_the_key_they_have(runtime, cast, clock):
    first = sign_up(runtime, clock, cast.bob.email).api_key.reveal()
    operator_members.remove_member(runtime, cast.bob.org, cast.bob.email)
    second = sign_up(runtime, clock, cast.bob.email).api_key.reveal()
    clock.advance(hours=1)
    operator_keys.rotate_key(runtime, first, 0)
    assert sign_up(runtime, clock, cast.bob.email).api_key.reveal() == second


def test_a_secret_that_is_gone_revokes_the_key_and_makes_a_new_one(runtime, clock, monkeypatch):
    first = sign_up(runtime, clock).api_key.reveal()
    object.__setattr__(runtime, "key_deriver", KeyDeriver(Secret("another-derivation-secret-of-32-chars"), []))
    second = sign_up(runtime, clock).api_key.reveal()
    assert second != first
    with pytest.raises(Exception, match="revoked"):
        key_verification.require(runtime, first, scope=None)


LOST = KeyDeriver(Secret("another-derivation-secret-of-32-chars"), [])


def test_all_keys_whose_secret_is_gone_are_revoked(runtime, cast, clock):
    """One of an organization that the person had left when they got the other one."""
    bob = cast.bob
    first = sign_up(runtime, clock, bob.email).api_key.reveal()
    operator_members.remove_member(runtime, bob.org, bob.email)
    second = sign_up(runtime, clock, bob.email).api_key.reveal()
    operator_members.add_member(runtime, bob.org, bob.email, Role.MEMBER)
    assert sign_up(runtime, clock, bob.email).api_key.reveal() == second
    object.__setattr__(runtime, "key_deriver", LOST)
    third = sign_up(runtime, clock, bob.email).api_key.reveal()
    assert working(runtime, first, second, third) == [third]
    assert sign_up(runtime, clock, bob.email).api_key.reveal() == third


def working(runtime, *plaintexts):
    return [key for key in plaintexts if key_verification.verify(runtime, key, None).outcome == "VALID"]


class RotatedMeanwhile(KeyDeriver):
    """As soon as somebody has found that a key cannot be derived, `rotate` is begun."""

    def __init__(self, rotate):
        super().__init__(Secret("another-derivation-secret-of-32-chars"), [])
        self.rotate = rotate

    def again(self, *key):
        plaintext = super().again(*key)
        if plaintext is None:
            self.rotate()
        return plaintext


@pytest.mark.databases("postgresql")
def test_a_key_that_is_rotated_while_its_secret_is_found_to_be_gone_has_one_successor(app, runtime, cast, clock):
    """Two would work for ever: the rotation's and a new one. On SQLite one waits for the other."""
    first = sign_up(runtime, clock, cast.bob.email).api_key.reveal()
    held, rotated = Event(), []

    def rotate():
        with app.app_context(), revoking(runtime, in_seconds=86_400) as revocation:
            (old,) = named_keys.working_by_digest(key_format.digest(first), runtime.clock())
            held.set()
            until(somebody_waits_for_a_lock)
            made = key_rotation.replace(
                runtime, old, revocation, overlap_seconds=86_400, role=None, origin=KeyOrigin.OPERATOR, actor="operator"
            )
            rotated.append(made.plaintext.reveal())

    with ThreadPoolExecutor(1) as pool:

        def begin():
            if not held.is_set():
                rotating.append(pool.submit(rotate))
                assert held.wait(10)

        rotating = []
        object.__setattr__(runtime, "key_deriver", RotatedMeanwhile(begin))
        given = sign_up(runtime, clock, cast.bob.email).api_key.reveal()
        rotating[0].result()
    assert [given] == rotated
    actions = [entry.action for entry in audit.page(cast.bob.org, limit=9, cursor=None).items]
    assert (actions.count("key.rotated"), actions.count("key.revoked")) == (1, 0)


def somebody_waits_for_a_lock():
    with db.engine.connect() as connection:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        return connection.execute(text(waiting)).scalar_one() > 0


def until(true):
    ends = time.monotonic() + 10
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_a_derivation_secret_set_later_still_gives_the_old_key_back(runtime, clock):
    first = sign_up(runtime, clock).api_key.reveal()
    object.__setattr__(
        runtime, "key_deriver", KeyDeriver(Secret("a-derivation-secret-of-32-characters"), runtime.settings.secret_keys)
    )
    assert sign_up(runtime, clock).api_key.reveal() == first


def test_a_disabled_persons_sign_up_key_refuses_and_other_keys_live_on(runtime, cast, clock):
    alice = cast.alice
    key = sign_up(runtime, clock, alice.email).api_key.reveal()
    other = operator_keys.create_key(runtime, KeySettings(), org=alice.org).plaintext.reveal()
    operator_members.set_person_disabled(runtime, alice.email, disabled=True)
    with pytest.raises(KeyDisabled):
        key_verification.require(runtime, key, scope=None)
    assert key_verification.require(runtime, other, scope=None)
    operator_members.set_person_disabled(runtime, alice.email, disabled=False)
    assert key_verification.require(runtime, key, scope=None)


def test_an_address_that_sign_up_refuses_gets_no_code(app, clock, set_settings):
    set_settings(sign_up="invited")
    runtime = app.extensions["runtime"]
    assert agent_sign_up.request(runtime, email=EMAIL, client="203.0.113.1").plaintext is None
    with pytest.raises(OtpInvalid):
        agent_sign_up.verify(runtime, email=EMAIL, code="000000")
    assert people.by_email(EMAIL) is None


def test_who_is_only_invited_gets_a_key_once_they_joined_and_the_code_stays(app, alice, clock, set_settings):
    set_settings(sign_up="invited")
    runtime = app.extensions["runtime"]
    invited = invitations.invite(runtime, alice.member, EMAIL, Role.MEMBER)
    code = agent_sign_up.request(runtime, email=EMAIL, client="203.0.113.1").plaintext.reveal()
    with pytest.raises(Forbidden) as refused:
        agent_sign_up.verify(runtime, email=EMAIL, code=code)
    assert refused.value.detail.startswith("You are in no organization. Sign in, join one that invites you")
    assert people.by_email(EMAIL) is None
    link = sign_in.request_link(runtime, email=EMAIL, client="203.0.113.1")
    sign_in.redeem(runtime, link.token.reveal(), address="", user_agent="")
    invitations.accept(runtime, invited.id, EMAIL)
    done = agent_sign_up.verify(runtime, email=EMAIL, code=code)
    assert not done.is_new_user
    assert key_verification.require(runtime, done.api_key.reveal(), scope=None).org_id == alice.org


def test_an_invitation_keeps_nobody_from_an_organization_of_their_own(runtime, alice, clock):
    invitations.invite(runtime, alice.member, EMAIL, Role.MEMBER)
    done = sign_up(runtime, clock)
    assert done.is_new_user
    assert key_verification.require(runtime, done.api_key.reveal(), scope=None).org_id != alice.org
