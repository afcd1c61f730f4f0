"""The device ceremony: nothing without a person, everything once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from app.domain.errors import Forbidden, NotFound, RateLimited, UnknownScope, ValidationFailed
from app.domain.roles import Role
from app.extensions import db
from app.services import device_grants, key_verification, operator_keys
from app.services.device_grants import DeviceError


def begin(desk, scopes=("agent:r",), client="203.0.113.1", name="Claude Code"):
    return device_grants.authorize(desk, client_name=name, scopes=scopes, client=client, address=client)


def find(desk, typed, email="alice@example.com", client="203.0.113.1"):
    return device_grants.find(desk, typed, email=email, client=client)


def approve(desk, member, typed, scopes):
    return device_grants.approve(desk, member, typed, scopes, client="203.0.113.1")


def deny(desk, actor, typed):
    device_grants.deny(desk, typed, person_id=actor.person_id, email=actor.email, client="203.0.113.1")


def poll(desk, ceremony):
    try:
        return device_grants.poll(desk, ceremony.device_code)
    except DeviceError as refused:
        return refused.error


def test_the_agent_gets_a_key_with_what_was_approved(desk, alice, clock):
    ceremony = begin(desk, ["agent:r", "notes:write"])
    assert poll(desk, ceremony) == "authorization_pending"
    found = find(desk, ceremony.user_code.lower().replace("-", " "))
    assert (found.client_name, found.address, found.scopes) == (
        "Claude Code",
        "203.0.113.1",
        ("agent:r", "notes:write"),
    )
    approve(desk, alice.member, ceremony.user_code, ["agent:r"])
    clock.advance(seconds=5)
    key = poll(desk, ceremony)
    record = key_verification.require(desk, key.access_token, scope="agent:r")
    assert key.access_token.startswith("owk_live_")
    assert (record.name, record.scopes, record.org_id) == ("Claude Code", ("agent:r",), alice.org)
    clock.advance(seconds=5)
    assert poll(desk, ceremony) == "invalid_grant"


def test_neither_code_is_in_the_database(desk):
    ceremony = begin(desk)
    row = str(db.session.execute(text("SELECT * FROM device_grant")).one())
    assert ceremony.device_code not in row
    assert ceremony.user_code not in row


def test_a_refused_agent_is_told_so(desk, alice, clock):
    ceremony = begin(desk)
    deny(desk, alice, ceremony.user_code)
    assert poll(desk, ceremony) == "access_denied"


def test_polling_too_fast_slows_down_by_five_seconds_each_time(desk, clock):
    ceremony = begin(desk)
    assert poll(desk, ceremony) == "authorization_pending"
    clock.advance(seconds=4)
    assert poll(desk, ceremony) == "slow_down"
    clock.advance(seconds=9)
    assert poll(desk, ceremony) == "slow_down"
    clock.advance(seconds=15)
    assert poll(desk, ceremony) == "authorization_pending"


def test_a_ceremony_lives_ten_minutes(desk, alice, clock):
    ceremony = begin(desk)
    clock.advance(minutes=10)
    assert poll(desk, ceremony) == "expired_token"
    with pytest.raises(NotFound):
        approve(desk, alice.member, ceremony.user_code, ["agent:r"])


def test_scopes_are_never_more_than_the_agent_asked_for_or_the_person_may_give(desk, cast):
    asked = begin(desk, ["agent:r"])
    granted = approve(desk, cast.alice.member, asked.user_code, ["agent:r", "agent:rw", "keys:verify"])
    assert granted.scopes == ("agent:r",)
    with pytest.raises(Forbidden):
        approve(desk, cast.bob.member, begin(desk, ["keys:verify"]).user_code, ["keys:verify"])
    with pytest.raises(ValidationFailed):
        approve(desk, cast.bob.member, begin(desk).user_code, [])
    with pytest.raises(Forbidden):
        approve(desk, cast.vera.member, begin(desk).user_code, ["agent:r"])


def test_somebody_who_left_meanwhile_gives_no_key(desk, cast, clock):
    bob = cast.bob
    ceremony = begin(desk)
    approve(desk, bob.member, ceremony.user_code, ["agent:r"])
    operator_keys.remove_member(desk, bob.org, bob.email)
    assert poll(desk, ceremony) == "access_denied"


def test_somebody_who_may_only_look_meanwhile_gives_no_key(desk, cast, clock):
    bob = cast.bob
    ceremony = begin(desk)
    approve(desk, bob.member, ceremony.user_code, ["agent:r"])
    operator_keys.add_member(desk, bob.org, bob.email, Role.VIEWER)
    assert poll(desk, ceremony) == "access_denied"


def test_parallel_polls_get_one_key(app, desk, alice):
    ceremony = begin(desk)
    approve(desk, alice.member, ceremony.user_code, ["agent:r"])

    def attempt(_):
        with app.app_context():
            return poll(desk, ceremony)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, range(16)))
    assert answers.count("invalid_grant") == 15


def test_what_nobody_gave_out_is_no_grant(desk):
    with pytest.raises(DeviceError, match="invalid_grant"):
        device_grants.poll(desk, "made up")
    for typed in ("", "AAAA-AAAA", "WDJB-MJHT", "\ud800"):
        with pytest.raises(NotFound):
            find(desk, typed)


def test_ten_wrong_codes_an_hour_for_a_person_whatever_they_do_with_them(desk, alice, clock):
    right = begin(desk).user_code
    guesses = [
        lambda: find(desk, "WDJB-MJHT", client="198.51.100.1"),
        lambda: approve(desk, alice.member, "WDJB-MJHT", ["agent:r"]),
        lambda: deny(desk, alice, "WDJB-MJHT"),
    ]
    for number in range(10):
        clock.advance(seconds=1)
        with pytest.raises(NotFound):
            guesses[number % 3]()
    for guess in (lambda: find(desk, right, client="198.51.100.99"), lambda: deny(desk, alice, right)):
        with pytest.raises(RateLimited) as refused:
            guess()
        assert refused.value.details["retry_after_seconds"] == 3600 - 9
    assert find(desk, right, email="bob@example.com").id
    clock.advance(seconds=3600 - 9)
    assert find(desk, begin(desk).user_code).id


def test_thirty_wrong_codes_an_hour_for_a_client(desk):
    right = begin(desk).user_code
    for number in range(30):
        with pytest.raises(NotFound):
            find(desk, "WDJB-MJHT", email=f"person{number}@example.com")
    with pytest.raises(RateLimited):
        find(desk, right, email="another@example.com")
    assert find(desk, right, email="another@example.com", client="198.51.100.1").id


def test_right_codes_are_no_guesses(desk):
    right = begin(desk).user_code
    assert all(find(desk, right).id for _ in range(20))


def test_parallel_guesses_do_not_get_past_the_limit(app, desk):
    def guess(_):
        with app.app_context():
            try:
                find(desk, "WDJB-MJHT")
            except (NotFound, RateLimited) as refused:
                return type(refused)

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(guess, range(32))).count(NotFound) == 10


def test_requests_that_cannot_be_meant_are_refused(desk):
    with pytest.raises(UnknownScope):
        begin(desk, ["root"])
    with pytest.raises(ValidationFailed):
        begin(desk, name="\u202eevil")
    for _ in range(20):
        begin(desk, client="203.0.113.77")
    with pytest.raises(RateLimited):
        begin(desk, client="203.0.113.77")
