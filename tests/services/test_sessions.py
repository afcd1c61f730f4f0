"""Sessions: kept as hashes, ended by time, by their person and with their person."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import text

from app.domain.errors import NotFound
from app.extensions import db
from app.services import audit, device_grants, sessions, sign_in
from app.services.device_grants import DeviceError
from app.store import people
from app.store.transaction import transaction
from tests.databases import statements


@pytest.fixture
def token(runtime):
    link = sign_in.request_link(runtime, email="alice@example.com", client="203.0.113.1")
    return sign_in.redeem(
        runtime, link.token.reveal(), address="203.0.113.1", user_agent="Firefox"
    ).session_token.reveal()


def test_the_cookie_is_not_in_the_database(runtime, token):
    row = db.session.execute(text("SELECT * FROM session")).mappings().one()
    assert token not in str(dict(row))


def test_a_session_ends_after_seven_days_without_use(runtime, token, clock):
    for _ in range(3):
        clock.advance(days=6)
        assert sessions.resume(runtime, token)
        runtime.usage.flush()
    clock.advance(days=7)
    assert sessions.resume(runtime, token) is None


def test_a_session_ends_after_thirty_days_whatever_its_use(runtime, token, clock):
    for _ in range(5):
        clock.advance(days=5)
        assert sessions.resume(runtime, token)
        runtime.usage.flush()
    clock.advance(days=5)
    assert sessions.resume(runtime, token) is None


def test_sign_out_ends_it_on_the_server_and_doing_it_again_is_no_error(runtime, token):
    sessions.sign_out(runtime, token)
    sessions.sign_out(runtime, token)
    sessions.sign_out(runtime, None)
    assert sessions.resume(runtime, token) is None


def test_ending_all_others_leaves_this_one_and_other_people(runtime, cast):
    alice, bob = cast.alice, cast.bob
    for _ in range(2):
        alice.sign_in()
    here, *others = sessions.of_person(runtime, alice.person_id)
    assert sessions.end_others(runtime, alice.person_id, alice.email, here.id) == 2
    assert [session.id for session in sessions.of_person(runtime, alice.person_id)] == [here.id]
    assert sessions.end_others(runtime, alice.person_id, alice.email, here.id) == 0
    assert len(sessions.of_person(runtime, bob.person_id)) == 1
    ended = [
        entry.target for entry in audit.page(alice.org, limit=50, cursor=None).items if entry.action == "session.ended"
    ]
    assert set(ended) == {session.id for session in others}


@pytest.mark.databases("sqlite", "postgresql")
def test_all_others_end_before_organizations_are_locked(runtime, cast):
    """Who signs out elsewhere locks their session and then the organizations: the other order would deadlock."""
    alice = cast.alice
    for _ in range(2):
        alice.sign_in()
    here = sessions.of_person(runtime, alice.person_id)[0]
    with statements() as sent:
        assert sessions.end_others(runtime, alice.person_id, alice.email, here.id) == 2
    ends = [at for at, statement in enumerate(sent) if statement.startswith("UPDATE session")]
    locks = [at for at, statement in enumerate(sent) if statement.startswith("SELECT organization.id \n")]
    assert len(ends) == len(locks) == 1
    assert ends < locks
    assert "ORDER BY session.id" in sent[ends[0] - 1]


@pytest.mark.databases("postgresql")
def test_browsers_that_end_the_others_or_sign_out_at_once_do_not_deadlock(app, runtime, cast):
    person_id, email = cast.alice.person_id, cast.alice.email

    def open_another():
        with transaction():
            return sessions.open_session(
                runtime, person_id=person_id, email=email, now=runtime.clock(), address="", user_agent=""
            ).reveal()

    for _ in range(5):
        cookies = [open_another() for _ in range(5)]
        two = [session.id for session in sessions.of_person(runtime, person_id)[:2]]
        acts = [partial(sessions.end_others, runtime, person_id, email, here) for here in two]
        acts += [partial(sessions.sign_out, runtime, cookie) for cookie in cookies]
        together = Barrier(len(acts))

        def do(act, together=together):
            with app.app_context():
                together.wait()
                act()

        with ThreadPoolExecutor(len(acts)) as pool:
            list(pool.map(do, acts))
        assert not sessions.of_person(runtime, person_id)[1:]


def test_ending_all_others_ends_what_agents_of_the_person_have(runtime, cast):
    alice, bob = cast.alice, cast.bob
    tokens = {who: cast.session_token(who) for who in (alice, bob)}
    asked = {who: approved(runtime, who) for who in (alice, bob)}
    here = sessions.of_person(runtime, alice.person_id)[0]
    sessions.end_others(runtime, alice.person_id, alice.email, here.id)
    seen = {
        who: alice.app.test_client().get("/v1/keys/list", headers={"Authorization": f"Bearer {token}"}).status_code
        for who, token in tokens.items()
    }
    assert seen == {alice: 401, bob: 200}
    with pytest.raises(DeviceError) as refused:
        device_grants.poll(runtime, asked[alice])
    assert refused.value.error == "access_denied"
    assert device_grants.poll(runtime, asked[bob])


def approved(runtime, who):
    """The device code of an agent that the person has approved."""
    asked = device_grants.authorize(runtime, client_name="CI", scopes=[], client="192.0.2.1", address="192.0.2.1")
    code = asked.user_code.reveal()
    grant = device_grants.find(runtime, code, email=who.email, client="192.0.2.1")
    device_grants.approve(runtime, who.member, code, grant.scopes, client="192.0.2.1")
    return asked.device_code.reveal()


def test_a_person_sees_their_own_and_can_end_any(runtime, cast):
    alice, bob = cast.alice, cast.bob
    alice.sign_in()
    mine = sessions.of_person(runtime, alice.person_id)
    assert len(mine) == 2
    with pytest.raises(NotFound):
        sessions.end(runtime, bob.person_id, bob.email, mine[0].id)
    sessions.end(runtime, alice.person_id, alice.email, mine[0].id)
    assert [session.id for session in sessions.of_person(runtime, alice.person_id)] == [mine[1].id]
    with pytest.raises(NotFound):
        sessions.end(runtime, alice.person_id, alice.email, mine[0].id)


def test_disabling_a_person_ends_every_session(runtime, token, clock):
    with transaction():
        people.by_email("alice@example.com").disabled_at = clock.now
    assert sessions.resume(runtime, token) is None


def test_sign_in_and_sign_out_stand_in_the_audit_log(runtime, cast):
    sessions.end(
        runtime, cast.alice.person_id, cast.alice.email, sessions.of_person(runtime, cast.alice.person_id)[0].id
    )
    actions = [entry.action for entry in audit.page(cast.alice.org, limit=10, cursor=None).items]
    assert actions == ["session.ended", "session.created", "organization.created"]
