"""Invitations: who may invite whom as what, who joins, and what happens at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import text

from app.domain.errors import DomainError, Forbidden, NotFound, RateLimited, ValidationFailed
from app.domain.member_roles import Role
from app.extensions import db
from app.services import (
    audit,
    invitations,
    member_removal,
    members,
    new_organization,
    operator_invitations,
    operator_members,
    organization_deletion,
    organizations,
    sign_in,
)
from app.services.member_removal import Decisions
from app.store import invitations as invitation_store
from app.store import memberships, people
from app.store.transaction import transaction
from tests.actors import Actor

EMAIL = "dora@example.com"


@pytest.fixture
def dora(app, runtime):
    """Somebody new."""
    return Actor(app, "dora")


def invite(runtime, actor, email=EMAIL, role=Role.MEMBER):
    return invitations.invite(runtime, actor.member, email, role)


def roles(email=EMAIL):
    person = people.by_email(email)
    return {found.name: found.role for found in organizations.of_person(person.id)} if person else {}


def newest(actor):
    entry = audit.page(actor.org, limit=1, cursor=None).items[0]
    return entry.action, entry.actor, entry.details


def actions(actor):
    return [entry.action for entry in audit.page(actor.org, limit=50, cursor=None).items]


def test_who_is_invited_joins_in_that_role_and_makes_no_organization(runtime, alice, dora):
    invited = invite(runtime, alice)
    assert newest(alice) == ("invitation.created", alice.email, {"email": EMAIL, "role": "member"})
    dora.sign_in()
    assert roles() == {}
    assert [found.id for found in invitations.open_for(runtime, EMAIL)] == [invited.id]
    assert invitations.accept(runtime, invited.id, EMAIL).org_id == alice.org
    assert roles() == {"alice’s organization": Role.MEMBER}
    details = {"email": EMAIL, "role": "member", "invited_by": alice.email}
    assert newest(alice) == ("member.joined", EMAIL, details)
    assert invitations.open_in(runtime, alice.member) == []
    assert invitations.joined(invited.id, dora.person_id, EMAIL) == alice.org


def test_it_is_mailed_to_the_address_that_is_stored(app, alice, set_settings):
    set_settings(mail_server="127.0.0.1")
    runtime = app.extensions["runtime"]
    invited = invite(runtime, alice, " Dora@EXAMPLE.com ")
    row = db.session.execute(text("SELECT recipient, about, due_at FROM outbox_mail WHERE mail = 'invitation'")).one()
    assert (invited.email, row.recipient, row.due_at is not None) == (EMAIL, EMAIL, True)
    about = json.loads(row.about)
    assert (about["id"], about["by"], about["role"]) == (invited.id, alice.email, "member")
    assert about["until"] == "2026-04-23T12:00:00Z"


@pytest.mark.parametrize("who", ["bob", "vera"])
def test_who_does_not_manage_members_neither_invites_nor_withdraws_nor_sees(runtime, cast, who):
    actor, invited = getattr(cast, who), invite(runtime, cast.alice)
    for act in (
        lambda: invite(runtime, actor, "other@example.com", Role.VIEWER),
        lambda: invitations.withdraw(runtime, actor.member, invited.id),
        lambda: invitations.open_in(runtime, actor.member),
    ):
        with pytest.raises(Forbidden):
            act()


def test_nobody_invites_to_a_role_above_their_own_or_touches_such_an_invitation(runtime, cast):
    adam, of_owner = cast.adam, invite(runtime, cast.alice, role=Role.OWNER)
    for act in (
        lambda: invite(runtime, adam, "other@example.com", Role.OWNER),
        # As member: this would take the higher role away.
        lambda: invite(runtime, adam),
        lambda: invitations.withdraw(runtime, adam.member, of_owner.id),
    ):
        with pytest.raises(Forbidden):
            act()
    assert invite(runtime, adam, "other@example.com", Role.ADMIN).role is Role.ADMIN


def test_inviting_again_renews(runtime, cast, clock):
    first = invite(runtime, cast.alice)
    clock.advance(days=5)
    again = invite(runtime, cast.adam, role=Role.VIEWER)
    assert again.id == first.id
    assert (again.role, again.inviter, again.expires_at) == (
        Role.VIEWER,
        cast.adam.email,
        clock.now + timedelta(days=7),
    )
    (found,) = invitations.open_in(runtime, cast.alice.member)
    assert found == again


def test_a_member_is_not_invited(runtime, cast):
    with pytest.raises(ValidationFailed) as refused:
        invite(runtime, cast.alice, cast.bob.email, Role.ADMIN)
    assert refused.value.fields == {"email": "belongs to a member already"}
    with pytest.raises(ValidationFailed):
        invite(runtime, cast.alice, "nobody at all")


def test_twenty_a_day_an_organization_and_ten_a_day_a_mailbox(runtime, cast, clock):
    alice = cast.alice
    for number in range(20):
        invite(runtime, alice, f"new{number}@example.com")
        clock.advance(minutes=1)
    with pytest.raises(RateLimited) as refused:
        invite(runtime, cast.adam)
    assert refused.value.details == {"retry_after_seconds": 86_400 - 20 * 60}
    assert refused.value.detail == "Too many invitations. Try again in 24 hours."
    # Refused ones do not count, and neither do those of others.
    clock.advance(days=1, minutes=-20)
    invite(runtime, alice)
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    for number in range(9):
        invite(runtime, charlie, f"dora+{number}@example.com")
    with pytest.raises(RateLimited):
        invite(runtime, charlie, "dora+9@example.com")
    invite(runtime, charlie, "other@example.com")


@pytest.mark.parametrize("ended", ["withdrawn", "declined", "expired", "accepted and removed", "unknown", "added"])
def test_what_is_not_open_lets_nobody_in(runtime, alice, dora, clock, ended):
    invited = invite(runtime, alice)
    dora.sign_in()
    found = invited.id
    if ended == "withdrawn":
        invitations.withdraw(runtime, alice.member, invited.id)
        assert newest(alice) == ("invitation.withdrawn", alice.email, {"email": EMAIL})
    elif ended == "declined":
        invitations.decline(runtime, invited.id, EMAIL)
        assert newest(alice) == ("invitation.declined", EMAIL, {"email": EMAIL})
    elif ended == "expired":
        clock.advance(days=7)
    elif ended == "unknown":
        found = "inv_none"
    else:
        if ended == "added":
            operator_members.add_member(runtime, alice.org, EMAIL, Role.VIEWER)
        else:
            invitations.accept(runtime, invited.id, EMAIL)
        member_removal.remove(runtime, alice.member, dora.person_id, Decisions())
    for act in (invitations.accept, invitations.decline):
        with pytest.raises(NotFound):
            act(runtime, found, EMAIL)
    with pytest.raises(NotFound):
        invitations.get_open(runtime, found)
    with pytest.raises(NotFound):
        invitations.withdraw(runtime, alice.member, found)
    assert roles() == {}
    assert invitations.joined(found, dora.person_id, EMAIL) is None


def test_another_address_gets_nothing_by_the_link(runtime, cast):
    invited = invite(runtime, cast.alice)
    for act in (invitations.accept, invitations.decline):
        with pytest.raises(NotFound):
            act(runtime, invited.id, cast.charlie.email)
    assert invitations.joined(invited.id, cast.charlie.person_id, cast.charlie.email) is None
    assert "alice’s organization" not in roles(cast.charlie.email)


def test_an_invitation_of_another_organization_is_not_there(runtime, cast):
    charlie, invited = cast.charlie, invite(runtime, cast.alice)
    charlie.org = charlie.own_organization()
    with pytest.raises(NotFound):
        invitations.withdraw(runtime, charlie.member, invited.id)


def test_a_member_keeps_the_role_that_they_have(runtime, alice, dora):
    invited = invite(runtime, alice, role=Role.ADMIN)
    with transaction():
        person = people.add(EMAIL, runtime.clock())
        memberships.add(alice.org, person.id, Role.VIEWER, runtime.clock())
    invitations.accept(runtime, invited.id, EMAIL)
    invitations.accept(runtime, invited.id, EMAIL)
    assert roles() == {"alice’s organization": Role.VIEWER}
    assert "member.joined" not in actions(alice)


@pytest.mark.parametrize("lost", ["removed", "demoted", "disabled"])
def test_who_may_not_invite_any_more_lets_nobody_in(runtime, cast, dora, lost):
    invited = invite(runtime, cast.adam)
    dora.sign_in()
    if lost == "removed":
        member_removal.remove(runtime, cast.alice.member, cast.adam.person_id, Decisions())
    elif lost == "demoted":
        members.set_role(runtime, cast.alice.member, cast.adam.person_id, Role.MEMBER)
    else:
        operator_members.set_person_disabled(runtime, cast.adam.email, disabled=True)
    with pytest.raises(Forbidden) as refused:
        invitations.accept(runtime, invited.id, EMAIL)
    assert refused.value.detail.startswith("adam@example.com cannot invite you as member any more.")
    assert roles() == {}
    # Somebody else renews it.
    invite(runtime, cast.alice)
    invitations.accept(runtime, invited.id, EMAIL)
    assert roles() == {"alice’s organization": Role.MEMBER}


def test_a_disabled_person_does_not_join_and_gets_no_mail(app, cast, set_settings):
    set_settings(mail_server="127.0.0.1")
    runtime = app.extensions["runtime"]
    charlie = cast.charlie
    operator_members.set_person_disabled(runtime, charlie.email, disabled=True)
    invited = invite(runtime, cast.alice, charlie.email)
    with pytest.raises(NotFound):
        invitations.accept(runtime, invited.id, charlie.email)
    assert db.session.execute(text("SELECT due_at FROM outbox_mail WHERE mail = 'invitation'")).scalar_one() is None


def test_domains_hold_for_invitations_too_and_tell_nothing_about_people(app, cast, set_settings):
    set_settings(sign_up=("example.com", "example.org"))
    runtime = app.extensions["runtime"]
    with transaction():
        people.add("known@elsewhere.org", runtime.clock())
    told = set()
    for email in ("known@elsewhere.org", "unknown@elsewhere.org"):
        with pytest.raises(ValidationFailed) as refused:
            invite(runtime, cast.alice, email)
        told.add(refused.value.fields["email"])
    assert told == {"must end in @example.com or @example.org"}
    assert invite(runtime, cast.alice)


def test_where_only_invited_people_sign_up_an_open_invitation_lets_in(app, alice, dora, clock, set_settings):
    set_settings(sign_up="invited")
    runtime = app.extensions["runtime"]

    def link():
        return sign_in.request_link(runtime, email=EMAIL, client="192.0.2.1").token

    assert link() is None
    invited = invite(runtime, alice)
    assert link() is not None
    invitations.withdraw(runtime, alice.member, invited.id)
    assert link() is None
    invite(runtime, alice)
    pending = link()
    clock.advance(days=7)
    assert link() is None
    invite(runtime, alice)
    dora.sign_in()
    assert pending is not None
    assert roles() == {}
    with pytest.raises(Forbidden):
        create_own(runtime, dora)


def create_own(runtime, actor):
    new_organization.create(runtime, actor.person_id, actor.email, "Dora’s", client="192.0.2.1")


def test_an_invitation_that_ends_during_the_first_sign_in_gives_no_organization(
    app, runtime, alice, clock, set_settings
):
    """As where the address was admitted, and the invitation is withdrawn before the person is made."""
    set_settings(sign_up="invited")
    with transaction():
        sign_in.sign_up(app.extensions["runtime"], EMAIL, clock.now)
    assert roles() == {}
    assert people.by_email(EMAIL)


def test_who_is_invited_may_have_an_organization_of_their_own_where_everybody_may(runtime, alice, dora):
    invite(runtime, alice)
    dora.sign_in()
    create_own(runtime, dora)
    assert roles() == {"Dora’s": Role.OWNER}


def test_deleting_the_organization_ends_its_invitations(runtime, alice, clock):
    invite(runtime, alice)
    organization_deletion.delete_as_operator(runtime, alice.org)
    assert not invitation_store.is_invited(EMAIL, clock.now)


def test_operators_invite_to_every_role_and_withdraw(runtime, alice, dora):
    for _ in range(25):
        operator_invitations.invite(runtime, alice.org, EMAIL, Role.OWNER)
    (found,) = operator_invitations.open_in(runtime, alice.org)
    assert (found.email, found.role, found.inviter) == (EMAIL, Role.OWNER, None)
    operator_invitations.withdraw(runtime, alice.org, EMAIL)
    assert newest(alice)[:2] == ("invitation.withdrawn", "operator")
    with pytest.raises(NotFound):
        operator_invitations.withdraw(runtime, alice.org, EMAIL)
    invited = operator_invitations.invite(runtime, alice.org, EMAIL, Role.OWNER)
    dora.sign_in()
    invitations.accept(runtime, invited.id, EMAIL)
    assert newest(alice)[2]["invited_by"] == "operator"
    assert roles() == {"alice’s organization": Role.OWNER}


@pytest.fixture
def at_once(app):
    """Runs calls at the same time, and returns the errors, None for a call without one."""

    def at_once(*calls):
        together = Barrier(len(calls))

        def run(call):
            with app.app_context():
                together.wait()
                try:
                    call()
                except DomainError as error:
                    return type(error)
                return None

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(run, calls))

    return at_once


def test_withdrawn_during_the_first_sign_in_it_lets_nobody_have_an_organization(app, alice, at_once, set_settings):
    set_settings(sign_up="invited")
    runtime, org = app.extensions["runtime"], alice.org
    for number in range(5):
        email = f"new{number}@example.com"
        operator_invitations.invite(runtime, org, email, Role.MEMBER)
        token = sign_in.request_link(runtime, email=email, client=email).token
        entered, _ = at_once(
            partial(sign_in.redeem, runtime, token.reveal(), address="192.0.2.1", user_agent=""),
            partial(operator_invitations.withdraw, runtime, org, email),
        )
        assert (people.by_email(email) is not None) is (entered is None)
        assert roles(email) == {}


def test_accepted_many_times_at_once_it_makes_one_membership_and_one_entry(runtime, alice, dora, at_once):
    invited = invite(runtime, alice)
    dora.sign_in()
    assert set(at_once(*[lambda: invitations.accept(runtime, invited.id, EMAIL)] * 8)) == {None}
    assert roles() == {"alice’s organization": Role.MEMBER}
    assert actions(alice).count("member.joined") == 1


def test_accepted_by_another_address_at_the_same_time_it_lets_in_whom_it_names(runtime, cast, dora, at_once):
    invited, charlie = invite(runtime, cast.alice), cast.charlie
    dora.sign_in()
    addresses = [charlie.email, EMAIL] * 4
    found = at_once(*(partial(invitations.accept, runtime, invited.id, email) for email in addresses))
    assert found == [NotFound, None] * 4
    assert roles() == {"alice’s organization": Role.MEMBER}
    assert "alice’s organization" not in roles(charlie.email)
    assert actions(cast.alice).count("member.joined") == 1


@pytest.mark.parametrize(
    "other", ["withdraw", "decline", "remove the inviter", "demote the inviter", "renew", "add", "disable"]
)
def test_what_happens_while_it_is_accepted_comes_before_or_after(runtime, cast, dora, at_once, other):
    """Never half: who joined was let in by an open invitation of somebody who could invite."""
    adam, alice = cast.adam, cast.alice
    dora.sign_in()
    member_of_adam, member_of_alice, adams_id = adam.member, alice.member, adam.person_id
    others = {
        "withdraw": lambda found: invitations.withdraw(runtime, member_of_alice, found.id),
        "decline": lambda found: invitations.decline(runtime, found.id, EMAIL),
        "remove the inviter": lambda _: member_removal.remove(runtime, member_of_alice, adams_id, Decisions()),
        "demote the inviter": lambda _: members.set_role(runtime, member_of_alice, adams_id, Role.MEMBER),
        "renew": lambda _: invitations.invite(runtime, member_of_alice, EMAIL, Role.VIEWER),
        "add": lambda _: operator_members.add_member(runtime, alice.org, EMAIL, Role.VIEWER),
        "disable": lambda _: operator_members.set_person_disabled(runtime, EMAIL, disabled=True),
    }
    invited = invitations.invite(runtime, member_of_adam, EMAIL, Role.MEMBER)
    joined, _ = at_once(lambda: invitations.accept(runtime, invited.id, EMAIL), lambda: others[other](invited))
    happened = actions(alice)
    joins, now = happened.count("member.joined"), roles().get("alice’s organization")
    assert joins <= 1
    if other in {"withdraw", "decline"}:
        word = {"withdraw": "withdrawn", "decline": "declined"}[other]
        assert joins + happened.count(f"invitation.{word}") == 1
        assert (now is not None) is (joined is None) is (joins == 1)
    elif other == "add":
        # The operator's role stands in either order.
        assert now is Role.VIEWER
    elif other == "renew":
        # It joined before, and the renewal was refused; or after it, in the new role.
        assert now in {Role.MEMBER, Role.VIEWER}
    elif other == "disable":
        assert (joined, now) in {(None, Role.MEMBER), (NotFound, None)}
        assert joins == (joined is None)
    else:
        entry = "member.removed" if other.startswith("remove") else "member.role_changed"
        if joins:
            assert happened.index("member.joined") > happened.index(entry)
        else:
            assert (joined, now) == (Forbidden, None)


def test_invited_many_times_at_once_there_is_one_invitation(runtime, alice, at_once):
    member = alice.member
    assert set(at_once(*[lambda: invitations.invite(runtime, member, EMAIL, Role.MEMBER)] * 6)) == {None}
    assert len(invitations.open_in(runtime, member)) == 1


def test_no_more_than_the_limit_are_sent_at_once(runtime, alice, at_once):
    member = alice.member
    calls = [
        lambda number=number: invitations.invite(runtime, member, f"new{number}@example.com", Role.MEMBER)
        for number in range(24)
    ]
    assert sorted(at_once(*calls), key=str).count(None) == 20


@pytest.mark.soak
def test_in_many_rounds_nothing_is_half_done(runtime, cast, at_once, clock):
    adam, member = cast.adam, cast.alice.member
    for number in range(120):
        clock.advance(hours=2)
        email = f"dora{number}@example.com"
        with transaction():
            people.add(email, clock.now)
        operator_members.add_member(runtime, adam.org, adam.email, Role.ADMIN)
        invited = invitations.invite(runtime, adam.member, email, Role.MEMBER)
        others = (
            lambda invited=invited: invitations.withdraw(runtime, member, invited.id),
            lambda invited=invited, email=email: invitations.decline(runtime, invited.id, email),
            lambda: member_removal.remove(runtime, member, adam.person_id, Decisions()),
        )
        accept = lambda invited=invited, email=email: invitations.accept(runtime, invited.id, email)  # noqa: E731
        *accepted, other = at_once(accept, accept, others[number % 3])
        is_member = "alice’s organization" in roles(email)
        assert accepted == ([None, None] if is_member else [accepted[0]] * 2)
        newest_entries = audit.page(adam.org, limit=10, cursor=None).items
        joins = [entry for entry in newest_entries if entry.details.get("email") == email]
        assert [entry.action for entry in joins].count("member.joined") == is_member
        assert number % 3 == 2 or (other is None) is not is_member


def test_an_invitation_of_somebody_who_may_not_invite_any_more_lets_nobody_sign_up(runtime, cast, clock):
    alice, adam = cast.alice, cast.adam
    invitations.invite(runtime, adam.member, EMAIL, Role.VIEWER)
    assert invitation_store.is_invited(EMAIL, clock.now)
    operator_members.set_role(runtime, alice.org, adam.email, Role.MEMBER)
    assert not invitation_store.is_invited(EMAIL, clock.now)
