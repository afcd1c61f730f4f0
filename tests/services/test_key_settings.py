"""Changing a key: the next verification goes by it."""

from datetime import timedelta

import pytest

from app.domain.errors import Forbidden, KeyNotActive, NotFound, UnknownScope, ValidationFailed
from app.domain.key_rate_limit import RateLimit
from app.domain.key_settings import KeySettings
from app.domain.key_verification import Outcome
from app.domain.member_roles import Role
from app.services import (
    audit,
    key_revocation,
    key_rotation,
    key_settings,
    key_verification,
    keys,
    operator_keys,
    operator_members,
)
from tests.databases import statements
from tests.factories import in_days

OFFICE, HOME = "203.0.113.7", "198.51.100.7"


@pytest.fixture
def issued(runtime, alice):
    return keys.create(runtime, alice.member, KeySettings(name="CI", scopes=["agent:rw"]))


def change(runtime, who, issued, **wanted):
    return key_settings.change(runtime, who.member, issued.listed.key.id, KeySettings(**wanted)).key


def outcome(runtime, issued, *, scope=None, address=OFFICE):
    return key_verification.verify(runtime, issued.plaintext.reveal(), scope=scope, address=address).outcome


def test_a_key_is_made_with_its_limits_and_its_successor_has_them_too(runtime, alice):
    settings = KeySettings(
        name="CI", rate_limit=RateLimit(5, 60), networks=["2001:DB8:0::/32", "203.0.113.7", "203.0.113.7/32"]
    )
    old = keys.create(runtime, alice.member, settings).listed.key
    new = key_rotation.rotate(runtime, alice.member, old.id).listed.key
    for key in (old, new):
        assert key.rate_limit == RateLimit(5, 60)
        assert key.networks == ("2001:db8::/32", "203.0.113.7/32")


def test_what_is_left_out_stays_and_what_is_given_changes_both_ways(runtime, alice, issued, clock):
    later = clock.now + timedelta(days=3)
    change(runtime, alice, issued, name=" Nightly ", rate_limit=RateLimit(5, 60))
    change(runtime, alice, issued, networks=["203.0.113.0/24"], expires_at=later)
    change(runtime, alice, issued, scopes=["agent:r", "agent:r"])
    key = keys.get(alice.member, issued.listed.key.id).key
    assert (key.name, key.scopes, key.networks) == ("Nightly", ("agent:r",), ("203.0.113.0/24",))
    assert (key.rate_limit, key.expires_at) == (RateLimit(5, 60), later)
    change(runtime, alice, issued, rate_limit=None, networks=[], expires_at=None)
    key = keys.get(alice.member, issued.listed.key.id).key
    assert (key.rate_limit, key.networks, key.expires_at) == (None, (), None)
    assert key.name == "Nightly"


def test_a_warm_cache_goes_by_what_was_narrowed_and_by_what_was_widened(runtime, alice, issued):
    def ask(**asked):
        return outcome(runtime, issued, **asked)

    assert ask(scope="cache:invalidate") is Outcome.VALID
    change(runtime, alice, issued, scopes=["agent:r"])
    assert ask(scope="cache:invalidate") is Outcome.INSUFFICIENT_SCOPE
    change(runtime, alice, issued, scopes=["agent:rw"])
    assert ask(scope="cache:invalidate") is Outcome.VALID

    assert ask(address=HOME) is Outcome.VALID
    change(runtime, alice, issued, networks=["203.0.113.0/24"])
    assert (ask(address=HOME), ask(address=None), ask()) == (
        Outcome.IP_NOT_ALLOWED,
        Outcome.IP_NOT_ALLOWED,
        Outcome.VALID,
    )
    change(runtime, alice, issued, rate_limit=RateLimit(2, 60))
    assert [ask() for _ in range(3)] == [Outcome.VALID, Outcome.VALID, Outcome.RATE_LIMITED]
    change(runtime, alice, issued, rate_limit=None, networks=[])
    assert [ask(address=HOME) for _ in range(3)] == [Outcome.VALID] * 3


def test_an_expiry_that_comes_closer_is_the_one_that_counts(runtime, alice, issued, clock):
    assert outcome(runtime, issued) is Outcome.VALID
    change(runtime, alice, issued, expires_at=clock.now + timedelta(minutes=1))
    clock.advance(minutes=1)
    assert outcome(runtime, issued) is Outcome.EXPIRED


def test_the_audit_log_says_what_it_was_and_what_it_is_and_nothing_when_nothing_changed(runtime, alice, issued):
    change(runtime, alice, issued, name="Nightly", rate_limit=RateLimit(5, 60), networks=[])
    change(runtime, alice, issued, name="Nightly", rate_limit=RateLimit(5, 60))
    change(runtime, alice, issued)
    entries = [e for e in audit.page(alice.org, limit=50, cursor=None).items if e.action == "key.changed"]
    (entry,) = entries
    assert (entry.actor, entry.target) == (alice.email, issued.listed.key.id)
    assert entry.details["changes"] == {
        "name": {"old": "CI", "new": "Nightly"},
        "rate_limit": {"old": None, "new": {"requests": 5, "window_seconds": 60}},
    }
    assert audit.broken_at(alice.org) is None


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"name": " "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"rate_limit": RateLimit(0, 60)}, "rate_limit.requests"),
        ({"rate_limit": RateLimit(1_000_001, 60)}, "rate_limit.requests"),
        ({"rate_limit": RateLimit(1, 0)}, "rate_limit.window_seconds"),
        ({"rate_limit": RateLimit(1, 86_401)}, "rate_limit.window_seconds"),
        ({"networks": ["here"]}, "networks"),
        ({"networks": [f"10.0.0.{n}" for n in range(51)]}, "networks"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_field_and_changes_nothing(runtime, alice, issued, wanted, field):
    with pytest.raises(ValidationFailed) as refused:
        change(runtime, alice, issued, **({"name": "Other"} | wanted))
    assert list(refused.value.details["fields"]) == [field]
    key = keys.get(alice.member, issued.listed.key.id).key
    assert (key.name, key.scopes, key.rate_limit, key.networks) == ("CI", ("agent:rw",), None, ())


def test_an_expiry_in_the_past_is_refused(runtime, alice, issued, clock):
    with pytest.raises(ValidationFailed) as refused:
        change(runtime, alice, issued, expires_at=clock.now)
    assert list(refused.value.details["fields"]) == ["expires_at"]


def test_scopes_are_those_that_the_member_may_give(runtime, cast):
    bobs = keys.create(runtime, cast.bob.member, KeySettings(name="Bob's"))
    with pytest.raises(Forbidden):
        change(runtime, cast.bob, bobs, scopes=["keys:verify"])
    with pytest.raises(UnknownScope):
        change(runtime, cast.bob, bobs, scopes=["root"])
    assert change(runtime, cast.adam, bobs, scopes=["keys:verify"]).scopes == ("keys:verify",)


def test_who_may_revoke_it_may_change_it_and_nobody_else(runtime, cast, issued):
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    for who, refusal in ((cast.bob, Forbidden), (cast.vera, Forbidden), (charlie, NotFound)):
        with pytest.raises(refusal):
            change(runtime, who, issued, name="Mine")
    assert change(runtime, cast.adam, issued, name="Ours").name == "Ours"


def test_a_dead_key_stays_as_it_was(runtime, alice, issued, clock):
    ends = keys.create(runtime, alice.member, KeySettings(name="CI", expires_at=in_days(runtime, 1)))
    key_revocation.revoke(runtime, alice.member, issued.listed.key.id)
    clock.advance(days=1)
    for dead in (issued, ends):
        with pytest.raises(KeyNotActive):
            change(runtime, alice, dead, expires_at=None)


def test_a_rotated_key_may_be_narrowed_but_never_outlives_its_overlap(runtime, alice, issued, clock):
    key_rotation.rotate(runtime, alice.member, issued.listed.key.id, overlap_seconds=3600)
    for longer in (None, clock.now + timedelta(seconds=3601)):
        with pytest.raises(KeyNotActive):
            change(runtime, alice, issued, expires_at=longer)
    sooner = clock.now + timedelta(seconds=60)
    assert change(runtime, alice, issued, expires_at=sooner, networks=["203.0.113.0/24"]).expires_at == sooner


def test_without_an_audit_entry_nothing_changes(runtime, alice, issued, monkeypatch):
    def fails(*_args, **_values):
        raise RuntimeError("no audit today")

    monkeypatch.setattr("app.store.audit.append", fails)
    with pytest.raises(RuntimeError, match="no audit"):
        change(runtime, alice, issued, name="Nightly")
    assert keys.get(alice.member, issued.listed.key.id).key.name == "CI"


def test_the_revision_is_the_last_thing_that_a_change_writes(runtime, alice, issued):
    """Rows that are locked after it would make others wait in a ring."""
    with statements() as sent:
        change(runtime, alice, issued, name="Nightly")
    writes = [sql.split()[0:3] for sql in sent if sql.startswith(("UPDATE", "INSERT"))]
    assert [words[1] if words[0] == "UPDATE" else words[2] for words in writes][-2:] == [
        "revocation_counter",
        "organization",
    ]


def test_who_may_not_give_a_scope_any_more_may_not_make_its_key_last(runtime, cast):
    adams = keys.create(
        runtime,
        cast.adam.member,
        KeySettings(name="Back end", scopes=["keys:verify"], expires_at=in_days(runtime, 30)),
    )
    operator_members.add_member(runtime, cast.alice.org, "adam@example.com", Role.MEMBER)
    demoted = cast.adam.member
    ends = adams.listed.key.expires_at
    for later in (None, ends + timedelta(days=1)):
        with pytest.raises(Forbidden):
            key_settings.change(runtime, demoted, adams.listed.key.id, KeySettings(expires_at=later))
    sooner = ends - timedelta(days=1)
    changed = key_settings.change(runtime, demoted, adams.listed.key.id, KeySettings(expires_at=sooner, name="Old"))
    assert (changed.key.expires_at, changed.key.name) == (sooner, "Old")


@pytest.fixture
def bob(cast):
    return cast.bob


@pytest.fixture
def bobs(runtime, bob):
    return keys.create(runtime, bob.member, KeySettings(name="Bob's", scopes=["agent:rw"]))


def test_a_member_does_not_lift_what_an_admin_set_on_their_key(runtime, alice, bob, bobs, clock):
    soon = clock.now + timedelta(days=3)
    change(runtime, bob, bobs, networks=["198.51.100.0/24"], rate_limit=RateLimit(9, 60))
    change(runtime, bob, bobs, networks=[], rate_limit=None)
    limits = {"networks": ["203.0.113.0/24"], "rate_limit": RateLimit(5, 60), "expires_at": soon, "scopes": ["agent:r"]}
    change(runtime, alice, bobs, **limits)
    lifted = {"networks": [], "rate_limit": None, "expires_at": None, "scopes": ["agent:rw"]}
    for name, value in lifted.items():
        with pytest.raises(Forbidden) as refused:
            change(runtime, bob, bobs, **{name: value})
        assert list(refused.value.details["fields"]) == [name]
    key = keys.get(bob.member, bobs.listed.key.id).key
    assert (key.networks, key.rate_limit, key.expires_at) == (("203.0.113.0/24",), RateLimit(5, 60), soon)


def test_a_member_narrows_within_what_an_admin_set_and_takes_it_back(runtime, alice, bob, bobs):
    change(runtime, alice, bobs, networks=["203.0.113.0/24"])
    change(runtime, bob, bobs, networks=["203.0.113.7"])
    assert change(runtime, bob, bobs, networks=["203.0.113.0/24"], name="Renamed").networks == ("203.0.113.0/24",)


def test_an_admin_moves_and_ends_what_they_set(runtime, alice, bob, bobs):
    change(runtime, alice, bobs, networks=["203.0.113.0/24"])
    change(runtime, alice, bobs, networks=["203.0.113.0/24", "198.51.100.0/24"])
    change(runtime, bob, bobs, networks=["198.51.100.7"])
    change(runtime, alice, bobs, networks=[])
    assert change(runtime, bob, bobs, networks=["192.0.2.0/24"]).networks == ("192.0.2.0/24",)


def test_the_operator_sets_limits_that_no_member_lifts(runtime, bob, bobs):
    operator_keys.change_key(runtime, bobs.listed.key.id, KeySettings(networks=["203.0.113.0/24"]))
    with pytest.raises(Forbidden, match=r"203\.0\.113\.0/24"):
        change(runtime, bob, bobs, networks=[])


def test_rotating_a_key_does_not_lift_what_an_admin_set(runtime, alice, bob, bobs):
    change(runtime, alice, bobs, networks=["203.0.113.0/24"])
    successor = key_rotation.rotate(runtime, bob.member, bobs.listed.key.id)
    with pytest.raises(Forbidden):
        change(runtime, bob, successor, networks=[])


def test_what_the_operator_set_at_creation_outlives_a_rotation_by_somebody_who_is_a_member_later(runtime, cast):
    alice, now = cast.alice, runtime.clock()
    settings = KeySettings(networks=["203.0.113.0/24"])
    old = operator_keys.create_key(runtime, settings, org=alice.org).listed.key
    successor = key_rotation.rotate(runtime, alice.member, old.id)
    to = key_settings.ForOwner(alice.email)
    key_settings.change(runtime, alice.member, successor.listed.key.id, KeySettings(), to=to)
    operator_members.add_member(runtime, alice.org, cast.bob.email, Role.OWNER)
    operator_members.add_member(runtime, alice.org, alice.email, Role.MEMBER)
    with pytest.raises(Forbidden, match=r"203\.0\.113\.0/24"):
        change(runtime, alice, successor, networks=[])
    assert successor.listed.key.created_at <= now
