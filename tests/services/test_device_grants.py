"""The device ceremony: nothing without a person, everything once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from app.domain.errors import Forbidden, NotFound, RateLimited, UnknownScope, ValidationFailed
from app.domain.member_roles import Role
from app.extensions import db
from app.services import device_grants, key_verification, operator_members
from app.services.device_grants import DeviceError


def begin(runtime, scopes=("agent:r",), client="203.0.113.1", name="Claude Code"):
    return device_grants.authorize(runtime, client_name=name, scopes=scopes, client=client, address=client)


def find(runtime, typed, email="alice@example.com", client="203.0.113.1"):
    return device_grants.find(runtime, typed, email=email, client=client)


def approve(runtime, member, typed, scopes):
    return device_grants.approve(runtime, member, typed, scopes, client="203.0.113.1")


def deny(runtime, actor, typed):
    device_grants.deny(runtime, typed, person_id=actor.person_id, email=actor.email, client="203.0.113.1")


def poll(runtime, ceremony):
    try:
        return device_grants.poll(runtime, ceremony.device_code.reveal())
    except DeviceError as refused:
        return refused.error


def test_the_agent_gets_a_key_with_what_was_approved(runtime, alice, clock):
    ceremony = begin(runtime, ["agent:r", "notes:write"])
    assert poll(runtime, ceremony) == "authorization_pending"
    found = find(runtime, ceremony.user_code.reveal().lower().replace("-", " "))
    assert (found.client_name, found.address, found.scopes) == (
        "Claude Code",
        "203.0.113.1",
        ("agent:r", "notes:write"),
    )
    approve(runtime, alice.member, ceremony.user_code.reveal(), ["agent:r"])
    clock.advance(seconds=5)
    key = poll(runtime, ceremony)
    record = key_verification.require(runtime, key.access_token.reveal(), scope="agent:r")
    assert key.access_token.reveal().startswith("owk_live_")
    assert (record.name, record.scopes, record.org_id) == ("Claude Code", ("agent:r",), alice.org)
    clock.advance(seconds=5)
    assert poll(runtime, ceremony) == "invalid_grant"


def test_neither_code_is_in_the_database(runtime):
    ceremony = begin(runtime)
    row = str(db.session.execute(text("SELECT * FROM device_grant")).one())
    assert ceremony.device_code.reveal() not in row
    assert ceremony.user_code.reveal() not in row


def test_a_refused_agent_is_told_so(runtime, alice, clock):
    ceremony = begin(runtime)
    deny(runtime, alice, ceremony.user_code.reveal())
    assert poll(runtime, ceremony) == "access_denied"


def test_a_poll_that_comes_too_early_is_refused_and_moves_nothing(runtime, clock):
    ceremony = begin(runtime)
    assert poll(runtime, ceremony) == "authorization_pending"
    for seconds in (0, 1, 1, 1.9):
        clock.advance(seconds=seconds)
        assert poll(runtime, ceremony) == "slow_down"
    clock.advance(seconds=0.1)
    assert poll(runtime, ceremony) == "authorization_pending"


def test_a_timer_of_five_seconds_that_is_not_exact_is_never_told_to_slow_down(runtime, clock):
    ceremony = begin(runtime)
    for number in range(60):
        assert poll(runtime, ceremony) == "authorization_pending"
        clock.advance(seconds=4.98 if number % 2 else 5.02)


def test_two_pollers_and_one_that_was_restarted_both_get_on(runtime, alice, clock):
    ceremony = begin(runtime)
    answers = []
    for number in range(40):
        answers.append(poll(runtime, ceremony))
        clock.advance(seconds=0.3 if number == 20 else 2.5)
    assert answers.count("authorization_pending") >= 15
    approve(runtime, alice.member, ceremony.user_code.reveal(), ["agent:r"])
    assert poll(runtime, ceremony).scopes == ("agent:r",)


@pytest.mark.parametrize("decision", ["approve", "deny"])
def test_a_decision_is_answered_at_once(runtime, alice, decision):
    ceremony = begin(runtime)
    assert poll(runtime, ceremony) == "authorization_pending"
    if decision == "deny":
        deny(runtime, alice, ceremony.user_code.reveal())
        assert poll(runtime, ceremony) == "access_denied"
    else:
        approve(runtime, alice.member, ceremony.user_code.reveal(), ["agent:r"])
        assert poll(runtime, ceremony).scopes == ("agent:r",)


def test_a_ceremony_lives_ten_minutes(runtime, alice, clock):
    ceremony = begin(runtime)
    clock.advance(minutes=10)
    assert poll(runtime, ceremony) == "expired_token"
    with pytest.raises(NotFound):
        approve(runtime, alice.member, ceremony.user_code.reveal(), ["agent:r"])


def test_scopes_are_never_more_than_the_agent_asked_for_or_the_person_may_give(runtime, cast):
    asked = begin(runtime, ["agent:r"])
    granted = approve(runtime, cast.alice.member, asked.user_code.reveal(), ["agent:r", "agent:rw", "keys:verify"])
    assert granted.scopes == ("agent:r",)
    with pytest.raises(Forbidden):
        approve(runtime, cast.bob.member, begin(runtime, ["keys:verify"]).user_code.reveal(), ["keys:verify"])
    with pytest.raises(ValidationFailed):
        approve(runtime, cast.bob.member, begin(runtime).user_code.reveal(), [])
    with pytest.raises(Forbidden):
        approve(runtime, cast.vera.member, begin(runtime).user_code.reveal(), ["agent:r"])


def test_somebody_who_left_meanwhile_gives_no_key(runtime, cast, clock):
    bob = cast.bob
    ceremony = begin(runtime)
    approve(runtime, bob.member, ceremony.user_code.reveal(), ["agent:r"])
    operator_members.remove_member(runtime, bob.org, bob.email)
    assert poll(runtime, ceremony) == "access_denied"


def test_somebody_who_may_only_look_meanwhile_gives_no_key(runtime, cast, clock):
    bob = cast.bob
    ceremony = begin(runtime)
    approve(runtime, bob.member, ceremony.user_code.reveal(), ["agent:r"])
    operator_members.add_member(runtime, bob.org, bob.email, Role.VIEWER)
    assert poll(runtime, ceremony) == "access_denied"


def test_parallel_polls_get_one_key(app, runtime, alice):
    ceremony = begin(runtime)
    approve(runtime, alice.member, ceremony.user_code.reveal(), ["agent:r"])

    def attempt(_):
        with app.app_context():
            return poll(runtime, ceremony)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, range(16)))
    assert answers.count("invalid_grant") == 15


def test_what_nobody_gave_out_is_no_grant(runtime):
    with pytest.raises(DeviceError, match="invalid_grant"):
        device_grants.poll(runtime, "made up")
    for typed in ("", "AAAA-AAAA", "WDJB-MJHT", "\ud800"):
        with pytest.raises(NotFound):
            find(runtime, typed)


def test_ten_wrong_codes_an_hour_for_a_person_whatever_they_do_with_them(runtime, alice, clock):
    right = begin(runtime).user_code.reveal()
    guesses = [
        lambda: find(runtime, "WDJB-MJHT", client="198.51.100.1"),
        lambda: approve(runtime, alice.member, "WDJB-MJHT", ["agent:r"]),
        lambda: deny(runtime, alice, "WDJB-MJHT"),
    ]
    for number in range(10):
        clock.advance(seconds=1)
        with pytest.raises(NotFound):
            guesses[number % 3]()
    for guess in (lambda: find(runtime, right, client="198.51.100.99"), lambda: deny(runtime, alice, right)):
        with pytest.raises(RateLimited) as refused:
            guess()
        assert refused.value.details["retry_after_seconds"] == 3600 - 9
    assert find(runtime, right, email="bob@example.com").id
    clock.advance(seconds=3600 - 9)
    assert find(runtime, begin(runtime).user_code.reveal()).id


def test_thirty_wrong_codes_an_hour_for_a_client(runtime):
    right = begin(runtime).user_code.reveal()
    for number in range(30):
        with pytest.raises(NotFound):
            find(runtime, "WDJB-MJHT", email=f"person{number}@example.com")
    with pytest.raises(RateLimited):
        find(runtime, right, email="another@example.com")
    assert find(runtime, right, email="another@example.com", client="198.51.100.1").id


def test_right_codes_are_no_guesses(runtime):
    right = begin(runtime).user_code.reveal()
    assert all(find(runtime, right).id for _ in range(20))


def test_parallel_guesses_do_not_get_past_the_limit(app, runtime):
    def guess(_):
        with app.app_context():
            try:
                find(runtime, "WDJB-MJHT")
            except (NotFound, RateLimited) as refused:
                return type(refused)

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(guess, range(32))).count(NotFound) == 10


def test_requests_that_cannot_be_meant_are_refused(runtime):
    with pytest.raises(UnknownScope):
        begin(runtime, ["root"])
    with pytest.raises(ValidationFailed):
        begin(runtime, name="\u202eevil")
    for _ in range(20):
        begin(runtime, client="203.0.113.77")
    with pytest.raises(RateLimited):
        begin(runtime, client="203.0.113.77")


def test_what_cannot_be_a_code_is_no_guess(runtime):
    right = begin(runtime).user_code.reveal()
    for typed in ("", "WDJB-MJH", "WDJB-MJHTT", "12345678") * 5:
        with pytest.raises(NotFound):
            find(runtime, typed)
    assert find(runtime, right).id
