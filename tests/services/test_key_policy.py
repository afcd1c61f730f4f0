"""The policy of an organization for its keys: changed, obeyed where keys are made and changed, and who is outside."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product
from threading import Event

import pytest

from app.domain import key_policy as policies
from app.domain.errors import Forbidden, NotFound, ValidationFailed
from app.domain.imported_keys import parse_row
from app.domain.key_policy import KeyPolicy, OutsideKeyPolicy
from app.domain.key_settings import KeySettings
from app.domain.member_roles import Role
from app.services import (
    agent_sign_up,
    audit,
    imported_keys,
    key_list,
    key_policy,
    key_revocation,
    key_rotation,
    key_settings,
    key_suspension,
    key_verification,
    keys,
    operator_keys,
    operator_members,
    rotation_overlap,
)
from app.services.key_list import OUTSIDE_POLICY, KeyFilter
from app.store import organizations
from app.store.transaction import transaction
from tests.databases import statements
from tests.factories import in_days
from tests.services.test_agent_sign_up import sign_up, somebody_waits_for_a_lock, until


def let(runtime, who, **wanted):
    return key_policy.change(runtime, who.member, wanted)


def make(runtime, who, **settings):
    return keys.create(runtime, who.member, KeySettings(name="CI", **settings)).listed.key


def entries(org, action):
    return [entry for entry in audit.page(org, limit=50, cursor=None).items if entry.action == action]


def test_owners_and_admins_change_it_and_others_do_not(runtime, cast):
    assert key_policy.of(cast.alice.org) == KeyPolicy()
    assert let(runtime, cast.alice, longest_expiry_days=90) == KeyPolicy(longest_expiry_days=90)
    let(runtime, cast.adam, expiry_required=True)
    assert key_policy.of(cast.alice.org) == KeyPolicy(longest_expiry_days=90, expiry_required=True)
    for actor in (cast.bob, cast.vera):
        with pytest.raises(Forbidden):
            let(runtime, actor, longest_expiry_days=None)


def test_an_admin_lifts_no_limit_of_admins_or_owners(runtime, cast):
    let(runtime, cast.alice, scopes_by_role={Role.ADMIN: ["agent:r"]})
    for role in (Role.ADMIN, Role.OWNER):
        with pytest.raises(Forbidden, match="Only an owner"):
            let(runtime, cast.adam, scopes_by_role={role: ["cache:invalidate"]})
    # Saying again what is so is no change.
    let(runtime, cast.adam, scopes_by_role={Role.ADMIN: ["agent:r"], Role.MEMBER: ["agent:r"]})
    assert key_policy.of(cast.alice.org).scopes_by_role == {Role.ADMIN: ("agent:r",), Role.MEMBER: ("agent:r",)}


def test_who_is_no_member_any_more_changes_nothing(runtime, cast):
    member = cast.adam.member
    operator_members.remove_member(runtime, cast.alice.org, cast.adam.email)
    with pytest.raises(NotFound):
        key_policy.change(runtime, member, {"longest_expiry_days": 1})


def test_the_audit_log_says_what_it_was_and_what_it_is(runtime, alice):
    let(runtime, alice, longest_expiry_days=90)
    let(runtime, alice, longest_expiry_days=90)
    let(runtime, alice, longest_expiry_days=30, scopes_by_role={Role.MEMBER: ["agent:r"]})
    newest, first = entries(alice.org, "key_policy.changed")
    assert (first.actor, first.target) == (alice.email, alice.org)
    assert first.details["changes"] == {"longest_expiry_days": {"old": None, "new": 90}}
    unset = {"owner": None, "admin": None, "member": None}
    assert newest.details["changes"] == {
        "longest_expiry_days": {"old": 90, "new": 30},
        "scopes_by_role": {"old": unset, "new": unset | {"member": ["agent:r"]}},
    }
    assert audit.broken_at(alice.org) is None


def test_a_policy_of_nothing_is_stored_as_none(runtime, alice):
    let(runtime, alice, longest_expiry_days=90)
    let(runtime, alice, longest_expiry_days=None)
    (stored,) = [org.key_policy for org in organizations.all_of_them() if org.id == alice.org]
    assert stored is None


def test_a_new_policy_stops_no_key_and_changes_obey_it_only_in_what_they_change(runtime, alice):
    key = make(runtime, alice)
    let(runtime, alice, longest_expiry_days=90)
    key_settings.change(runtime, alice.member, key.id, KeySettings(name="Nightly", expires_at=None))
    assert keys.get(alice.member, key.id).key.expires_at is None
    with pytest.raises(OutsideKeyPolicy):
        key_settings.change(runtime, alice.member, key.id, KeySettings(expires_at=in_days(runtime, 200)))
    key_settings.change(runtime, alice.member, key.id, KeySettings(expires_at=in_days(runtime, 80)))
    with pytest.raises(OutsideKeyPolicy):
        key_settings.change(runtime, alice.member, key.id, KeySettings(expires_at=None))


def test_a_member_does_not_extend_a_key_with_scopes_that_they_may_not_give(runtime, cast):
    key = make(runtime, cast.bob, expires_at=in_days(runtime, 10))
    let(runtime, cast.alice, scopes_by_role={Role.MEMBER: ["agent:r"]})
    longer, shorter = (KeySettings(expires_at=in_days(runtime, days)) for days in (20, 5))
    with pytest.raises(OutsideKeyPolicy, match="leave out agent:rw"):
        key_settings.change(runtime, cast.bob.member, key.id, longer)
    key_settings.change(runtime, cast.bob.member, key.id, shorter)
    key_settings.change(runtime, cast.alice.member, key.id, longer)
    with pytest.raises(OutsideKeyPolicy, match="leave out agent:rw"):
        key_rotation.rotate(runtime, cast.bob.member, key.id)
    assert key_rotation.rotate(runtime, cast.alice.member, key.id).listed.key.scopes == ("agent:rw",)


def test_a_successor_gets_the_earlier_expiry(runtime, alice):
    never, late, soon = (
        make(runtime, alice, expires_at=at) for at in (None, in_days(runtime, 365), in_days(runtime, 9))
    )
    let(runtime, alice, longest_expiry_days=90)
    ends = [key_rotation.rotate(runtime, alice.member, key.id).listed.key.expires_at for key in (never, late, soon)]
    assert ends == [in_days(runtime, 90), in_days(runtime, 90), in_days(runtime, 9)]


def test_a_day_more_goes_no_further_than_the_policy(runtime, alice, clock):
    key = make(runtime, alice)
    key_rotation.rotate(runtime, alice.member, key.id, overlap_seconds=2 * 86_400)
    let(runtime, alice, longest_expiry_days=3)
    assert rotation_overlap.extend(runtime, alice.member, key.id).key.expires_at == clock.now + timedelta(days=3)
    with pytest.raises(OutsideKeyPolicy, match="at most 3 days from now"):
        rotation_overlap.extend(runtime, alice.member, key.id)


def test_what_is_resumed_or_revived_comes_back_as_it_was(runtime, cast):
    bob = cast.bob
    suspended, revoked = make(runtime, bob), make(runtime, bob)
    key_suspension.suspend(runtime, bob.member, suspended.id)
    key_revocation.revoke(runtime, bob.member, revoked.id)
    let(runtime, cast.alice, longest_expiry_days=1, scopes_by_role={Role.MEMBER: []})
    for back in (
        key_suspension.resume(runtime, bob.member, suspended.id).key,
        key_revocation.undo(runtime, bob.member, revoked.id).key,
    ):
        assert (back.expires_at, back.scopes) == (None, ("agent:rw",))


def test_sign_up_gives_its_string_until_it_ends_and_then_one_that_obeys(runtime, alice, clock):
    first = sign_up(runtime, clock, alice.email)
    assert first.expires_at is None
    let(runtime, alice, longest_expiry_days=1)
    again = sign_up(runtime, clock, alice.email)
    assert (again.api_key.reveal(), again.expires_at) == (first.api_key.reveal(), None)
    (key,) = key_list.page(runtime, alice.member, KeyFilter(), sort="created", limit=5, cursor=None).items
    key_revocation.revoke(runtime, alice.member, key.key.id)
    new = sign_up(runtime, clock, alice.email)
    assert new.expires_at == clock.now + timedelta(days=1)
    clock.advance(hours=2)
    assert sign_up(runtime, clock, alice.email).api_key.reveal() == new.api_key.reveal()
    clock.advance(days=1)
    assert sign_up(runtime, clock, alice.email).api_key.reveal() != new.api_key.reveal()


def test_sign_up_prefers_an_organization_that_leaves_it_scopes_and_else_says_so(runtime, cast, clock):
    let(runtime, cast.alice, scopes_by_role={Role.MEMBER: ["notes:read"]})
    code = agent_sign_up.request(runtime, email=cast.bob.email, client="203.0.113.1").plaintext.reveal()
    with pytest.raises(OutsideKeyPolicy, match="none of the default scopes"):
        agent_sign_up.verify(runtime, email=cast.bob.email, code=code)
    # The code was not used up, and the policy may have changed by then.
    let(runtime, cast.alice, scopes_by_role={Role.MEMBER: ["agent:rw"]})
    assert agent_sign_up.verify(runtime, email=cast.bob.email, code=code).api_key
    charlie = cast.charlie
    cast.join(charlie, cast.alice.org)
    let(runtime, cast.alice, scopes_by_role={Role.MEMBER: ["notes:read"], Role.OWNER: []})
    sign_up(runtime, clock, charlie.email)
    assert [key.org_id for key in operator_keys.working_keys(runtime)].count(charlie.own_organization()) == 1


def test_the_operator_is_bound_in_time_and_not_in_scopes_and_an_override_is_audited(runtime, alice):
    let(runtime, alice, longest_expiry_days=90, scopes_by_role={Role.OWNER: [], Role.MEMBER: []})
    made = operator_keys.create_key(runtime, KeySettings(), org=alice.org).listed.key
    assert (made.expires_at, made.scopes) == (in_days(runtime, 90), ("agent:rw",))
    late = KeySettings(expires_at=in_days(runtime, 200))
    for refused in (
        lambda: operator_keys.create_key(runtime, late, org=alice.org),
        lambda: operator_keys.change_key(runtime, made.id, late),
        lambda: operator_keys.change_key(runtime, made.id, KeySettings(expires_at=None)),
    ):
        with pytest.raises(OutsideKeyPolicy):
            refused()
    for settings in (late, KeySettings()):
        key = operator_keys.create_key(runtime, settings, org=alice.org, overrides_policy=True).listed.key
        assert key.expires_at == settings.get("expires_at")
        assert entries(alice.org, "key.created")[0].details["overrides_policy"] == ["expires_at"]
    operator_keys.change_key(runtime, made.id, late, overrides_policy=True)
    assert entries(alice.org, "key.changed")[0].details["overrides_policy"] == ["expires_at"]
    successor = operator_keys.rotate_key(runtime, made.id, 0, overrides_policy=True).listed.key
    assert successor.expires_at == in_days(runtime, 200)
    assert entries(alice.org, "key.rotated")[0].details["overrides_policy"] == ["expires_at"]
    assert operator_keys.rotate_key(runtime, successor.id, 0).listed.key.expires_at == in_days(runtime, 90)
    # What is within the policy overrides nothing.
    operator_keys.create_key(runtime, KeySettings(expires_at=in_days(runtime, 9)), org=alice.org, overrides_policy=True)
    assert "overrides_policy" not in entries(alice.org, "key.created")[0].details


def test_an_import_with_keys_that_end_too_late_is_refused_whole(runtime, alice):
    let(runtime, alice, longest_expiry_days=90)
    rows = [
        {"hash": "1" * 64, "name": "Soon", "expires_at": "2026-05-01T00:00:00Z"},
        {"hash": "2" * 64, "name": "Never"},
        {"hash": "3" * 64, "name": "Gone", "revoked": "true"},
    ]
    batch = [parse_row(row) for row in rows]
    for refuse in (
        lambda: imported_keys.refuse_outside_policy(runtime, alice.org, batch),
        lambda: list(imported_keys.import_keys(runtime, alice.org, batch)),
    ):
        with pytest.raises(ValidationFailed, match=r"of 1 keys \(Never\) must be at most 90 days .* --override-policy"):
            refuse()
    assert list(operator_keys.working_keys(runtime)) == []
    (imported,) = imported_keys.import_keys(runtime, alice.org, batch, overrides_policy=True)
    assert imported.new == 3
    assert entries(alice.org, "keys.imported")[0].details == {"keys": 3, "overrides_policy": ["expires_at"]}


def test_the_list_shows_exactly_the_keys_that_could_not_be_made_today_and_says_why(runtime, cast, clock):
    people = [cast.alice, cast.adam, cast.bob]
    dice = random.Random(3)
    expiries = (None, in_days(runtime, 5), in_days(runtime, 90), in_days(runtime, 91))
    scopes = (["agent:rw"], ["agent:r", "notes:read"], ["notes:write"], ["cache:invalidate"])
    for who, expires_at, given in product(people, expiries, scopes):
        key = make(runtime, who, expires_at=expires_at, scopes=given)
        if dice.random() < 0.2:
            key_revocation.revoke(runtime, who.member, key.id)
    operator_keys.create_key(runtime, KeySettings(scopes=["notes:write"]), org=cast.alice.org)
    left = make(runtime, cast.bob, scopes=["notes:write"], expires_at=in_days(runtime, 5))
    limits = {Role.MEMBER: ["agent:r"], Role.ADMIN: ["agent:rw", "notes:read"]}

    def compare():
        policy, roles = key_policy.of(cast.alice.org), {who.person_id: who.member.role for who in people}
        whole = [one.key for one in key_list.every(runtime, cast.alice.member, KeyFilter(), sort="created")]
        outside = {
            key.id: set(found)
            for key in whole
            if key.revoked_at is None
            and (
                found := policies.problems(
                    policy, key.settings, roles.get(key.owner_id), clock.now, runtime.settings.policy
                )
            )
        }
        wanted = KeyFilter(conditions=(OUTSIDE_POLICY,))
        page = key_list.page(runtime, cast.alice.member, wanted, sort="expires", limit=100, cursor=None).items
        assert {one.key.id for one in page} == set(outside)
        assert key_list.count(runtime, cast.alice.member, wanted) == len(outside)
        for key_id, reasons in key_policy.reasons(runtime, cast.alice.member, page).items():
            why = {*(["expires_at"] if reasons.by_expiry else []), *(["scopes"] if reasons.scopes else [])}
            assert why == outside[key_id]
        return set(outside)

    assert compare() == set()
    let(runtime, cast.alice, longest_expiry_days=90)
    assert len(compare()) > 10
    let(runtime, cast.alice, longest_expiry_days=None, scopes_by_role=limits)
    assert left.id in compare()
    let(runtime, cast.alice, longest_expiry_days=90)
    compare()


@pytest.mark.databases("postgresql")
def test_a_key_that_is_made_while_the_policy_changes_obeys_the_new_one(app, runtime, cast):
    """On SQLite one waits for the other anyway."""
    alice, adam = cast.alice.member, cast.adam.member
    changed, made = Event(), []

    def set_policy():
        with app.app_context(), transaction():
            organizations.lock([alice.org_id])
            organizations.set_key_policy(alice.org_id, KeyPolicy(longest_expiry_days=9))
            changed.set()
            until(somebody_waits_for_a_lock)

    def create():
        with app.app_context():
            made.append(keys.create(runtime, adam, KeySettings(name="CI")).listed.key.expires_at)

    with ThreadPoolExecutor(2) as pool:
        setting = pool.submit(set_policy)
        assert changed.wait(10)
        creating = pool.submit(create)
        setting.result()
        creating.result()
    assert made == [in_days(runtime, 9)]


def test_verification_does_not_read_it(runtime, alice):
    issued = keys.create(runtime, alice.member, KeySettings(name="CI"))
    let(runtime, alice, longest_expiry_days=1)
    with statements() as seen:
        key_verification.require(runtime, issued.plaintext.reveal(), scope="agent:r")
    assert not [one for one in seen if "key_policy" in one]
