"""How many keys an organization may have, and how many a person may create."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest

from app.domain.errors import RateLimited, TooManyKeys
from app.domain.key_settings import KeySettings
from app.domain.key_status import is_working
from app.domain.secret import Secret
from app.domain.sign_up_key_derivation import KeyDeriver
from app.domain.sliding_window_log import Window
from app.extensions import db
from app.services import (
    agent_sign_up,
    audit,
    device_grants,
    key_list,
    key_quotas,
    key_revocation,
    key_rotation,
    keys,
    operator_keys,
)
from app.services.device_grants import DeviceError
from app.services.key_list import KeyFilter
from app.store import organizations
from app.store.transaction import transaction


@pytest.fixture
def create(runtime, alice):
    def create(member=None, **settings):
        return keys.create(runtime, member or alice.member, KeySettings(name="CI", **settings)).listed.key

    return create


@pytest.fixture
def at_most(set_settings, app):
    """Sets `MAX_KEYS_PER_ORG`; the runtime that has it."""

    def at_most(number):
        set_settings(max_keys_per_org=number)
        return app.extensions["runtime"]

    return at_most


def number_of_keys(actor):
    return key_list.count(actor.app.extensions["runtime"], actor.member, KeyFilter())


@pytest.fixture
def three_in_an_hour(monkeypatch):
    monkeypatch.setattr(key_quotas, "CREATIONS", Window("key-creations", 3, 3600))


def test_an_organization_has_as_many_active_keys_as_it_may(at_most, alice, cast, clock):
    runtime = at_most(3)

    def create(actor=alice, **settings):
        return keys.create(runtime, actor.member, KeySettings(name="CI", **settings)).listed.key

    create(cast.bob)
    create(expires_at=clock.now + timedelta(days=1))
    third = create()
    for actor in (alice, cast.bob):
        with pytest.raises(TooManyKeys, match="3 active keys") as refused:
            create(actor)
        assert refused.value.details == {"limit": 3}
    key_revocation.revoke(runtime, alice.member, third.id)
    create()
    clock.advance(days=1)
    create()
    with pytest.raises(TooManyKeys):
        create()
    assert number_of_keys(alice) == 5
    assert audit.broken_at(alice.org) is None


def test_zero_means_any_number(at_most, alice):
    runtime = at_most(0)
    for _ in range(3):
        keys.create(runtime, alice.member, KeySettings(name="CI"))


def test_each_organization_has_a_number_of_its_own(at_most, alice, cast):
    runtime = at_most(1)
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    for actor in (alice, charlie):
        keys.create(runtime, actor.member, KeySettings(name="CI"))
        with pytest.raises(TooManyKeys):
            keys.create(runtime, actor.member, KeySettings(name="CI"))


def test_keys_that_are_created_at_once_are_not_too_many(app, at_most, alice):
    runtime, member = at_most(5), alice.member

    def create(_):
        with app.app_context():
            try:
                return keys.create(runtime, member, KeySettings(name="CI"))
            except TooManyKeys:
                return None

    with ThreadPoolExecutor(8) as pool:
        made = [issued for issued in pool.map(create, range(24)) if issued]
    db.session.close()
    assert len(made) == number_of_keys(alice) == 5


def test_a_full_organization_may_rotate_but_not_keep_both(at_most, alice, create):
    old = create()
    runtime = at_most(1)
    with pytest.raises(TooManyKeys):
        key_rotation.rotate(runtime, alice.member, old.id, overlap_seconds=3600)
    assert is_working(keys.get(alice.member, old.id).key, runtime.clock())
    new = key_rotation.rotate(runtime, alice.member, old.id).listed.key
    assert not is_working(keys.get(alice.member, old.id).key, runtime.clock())
    assert is_working(new, runtime.clock())


def test_agents_get_no_key_of_a_full_organization_and_their_codes_stay(at_most, alice, create, clock):
    clock.advance(hours=2)
    create()
    runtime = at_most(1)
    code = agent_sign_up.request(runtime, email=alice.email, client="192.0.2.1").plaintext.reveal()
    with pytest.raises(TooManyKeys):
        agent_sign_up.verify(runtime, email=alice.email, code=code)
    runtime = at_most(2)
    assert agent_sign_up.verify(runtime, email=alice.email, code=code).api_key.reveal().startswith("of_")


def test_a_person_cannot_approve_a_key_of_a_full_organization(at_most, alice, create):
    runtime = at_most(1)

    def asked():
        return device_grants.authorize(runtime, client_name="CI", scopes=[], client="192.0.2.1", address="192.0.2.1")

    def approve(grant):
        scopes = runtime.settings.policy.default_scopes
        device_grants.approve(runtime, alice.member, grant.user_code.reveal(), scopes, client="192.0.2.1")

    first, second = asked(), asked()
    approve(first)
    create()
    with pytest.raises(TooManyKeys):
        approve(second)
    # It became full after the approval.
    with pytest.raises(DeviceError, match="access_denied"):
        device_grants.poll(runtime, first.device_code.reveal())


def test_operators_are_not_bound(at_most, alice, create):
    create()
    runtime = at_most(1)
    operator_keys.create_key(runtime, KeySettings(name="CI"), org=alice.org)
    assert number_of_keys(alice) == 2


def test_a_person_creates_so_many_keys_in_any_hour_whatever_becomes_of_them(
    three_in_an_hour, runtime, alice, cast, create, clock
):
    first = create()
    clock.advance(minutes=10)
    key_rotation.rotate(runtime, alice.member, first.id)
    key_revocation.revoke(runtime, alice.member, create().id)
    for act in (create, lambda: key_rotation.rotate(runtime, alice.member, create(cast.bob.member).id)):
        with pytest.raises(RateLimited) as refused:
            act()
        assert (refused.value.policy, refused.value.quota, refused.value.window) == ("key-creations", 3, 3600)
        assert refused.value.details == {"retry_after_seconds": 3000}
    clock.advance(minutes=49, seconds=59)
    with pytest.raises(RateLimited):
        create()
    clock.advance(seconds=1)
    create()
    with pytest.raises(RateLimited):
        create()
    assert audit.broken_at(alice.org) is None


def test_one_person_who_creates_at_once_creates_no_more(app, three_in_an_hour, runtime, alice):
    member = alice.member

    def create(_):
        with app.app_context():
            try:
                return keys.create(runtime, member, KeySettings(name="CI"))
            except RateLimited:
                return None

    with ThreadPoolExecutor(8) as pool:
        assert len([issued for issued in pool.map(create, range(16)) if issued]) == 3


def test_whoever_creates_a_key_waits_for_the_turn_before_it_locks_an_organization(app, runtime, alice, clock):
    """A sign-up key that cannot be derived any more: the others of the person are locked, and a new one is made."""
    clock.advance(hours=2)
    verify_sign_up(runtime, alice.email)
    clock.advance(hours=2)
    object.__setattr__(runtime, "key_deriver", KeyDeriver(Secret("another-derivation-secret-of-32-chars"), []))
    person, org = alice.person_id, alice.org
    code = agent_sign_up.request(runtime, email=alice.email, client="192.0.2.1").plaintext.reveal()
    held, signed_up = Event(), Event()

    def verify():
        with app.app_context():
            held.wait(10)
            agent_sign_up.verify(runtime, email=alice.email, code=code)
            signed_up.set()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(verify)
        with transaction():
            key_quotas.take_turn(person)
            held.set()
            # Long enough for the other to come to where it waits.
            assert not signed_up.wait(0.5)
            organizations.lock([org])
        done.result(10)


def verify_sign_up(runtime, email):
    code = agent_sign_up.request(runtime, email=email, client="192.0.2.1").plaintext.reveal()
    return agent_sign_up.verify(runtime, email=email, code=code)
