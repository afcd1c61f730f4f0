"""Changing a person's address: who gets in before and after, and who is told."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.domain.errors import LinkSpent, NotFound, OtpExpired, ValidationFailed
from app.domain.member_roles import Role
from app.extensions import db
from app.services import address_change, agent_sign_up, audit, device_grants, email_codes, sessions, sign_in
from app.services.device_grants import DeviceError
from app.services.organizations import of_person
from app.store import agent_session_tokens, invitations, people
from app.store.transaction import transaction

NEW = "ann@example.org"
WEEK = timedelta(days=7)


def change(runtime, actor, new=NEW):
    return address_change.change_address(runtime, actor.email, new)


def test_the_person_signs_in_with_the_new_address_and_has_the_same_organizations(runtime, alice):
    person_id, org = alice.person_id, alice.org
    assert change(runtime, alice, " Ann@Example.org ") == NEW
    link = sign_in.request_link(runtime, email=NEW, client="192.0.2.1")
    assert sign_in.redeem(runtime, link.token.reveal(), address="", user_agent="").email == NEW
    assert people.by_email(NEW).id == person_id
    assert people.by_email("alice@example.com") is None
    assert [found.id for found in of_person(person_id)] == [org]


def test_sessions_tokens_links_and_codes_end(runtime, cast, alice):
    cookie = alice.http.get_cookie("whs_session").value
    token = cast.session_token(alice)
    link = sign_in.request_link(runtime, email=alice.email, client="192.0.2.1").token.reveal()
    code = email_codes.request(runtime, email=alice.email, client="192.0.2.1").plaintext.reveal()
    change(runtime, alice)
    assert sessions.resume(runtime, cookie) is None
    assert alice.app.test_client().get("/v1/keys/list", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    with pytest.raises(LinkSpent):
        sign_in.redeem(runtime, link, address="", user_agent="")
    with pytest.raises(OtpExpired):
        email_codes.verify(runtime, email=alice.email, code=code)


def test_a_code_that_waits_for_the_new_address_ends_too(runtime, alice):
    code = agent_sign_up.request(runtime, email=NEW, client="192.0.2.1").plaintext.reveal()
    change(runtime, alice)
    with pytest.raises(OtpExpired):
        agent_sign_up.verify(runtime, email=NEW, code=code)


def test_an_agent_that_was_approved_and_has_no_key_yet_gets_none(runtime, alice):
    asked = device_grants.authorize(runtime, client_name="CI", scopes=[], client="192.0.2.1", address="192.0.2.1")
    grant = device_grants.find(runtime, asked.user_code.reveal(), email=alice.email, client="192.0.2.1")
    device_grants.approve(runtime, alice.member, asked.user_code.reveal(), grant.scopes, client="192.0.2.1")
    change(runtime, alice)
    with pytest.raises(DeviceError) as refused:
        device_grants.poll(runtime, asked.device_code.reveal())
    assert refused.value.error == "access_denied"


@pytest.mark.parametrize("address", ["alice@example.com", NEW])
def test_invitations_of_either_address_end(runtime, cast, clock, address):
    alice, adam = cast.alice, cast.adam
    adam_org = cast.charlie.own_organization()
    with transaction():
        invitations.put(
            adam_org, address, Role.ADMIN, invited_by=adam.person_id, now=clock.now, expires_at=clock.now + WEEK
        )
    change(runtime, alice)
    assert not invitations.is_invited(address, clock.now)


def test_keys_go_on_and_the_person_still_manages_them(runtime, alice):
    created = alice.create_key()
    change(runtime, alice)
    alice.email = NEW
    alice.sign_in()
    assert alice.revoke(created["id"]).status_code == 200


def test_an_address_that_is_somebodys_or_none_is_refused(runtime, cast):
    with pytest.raises(ValidationFailed) as refused:
        change(runtime, cast.alice, cast.bob.email)
    assert refused.value.fields == {"email": "bob@example.com is already the address of a person"}
    with pytest.raises(ValidationFailed):
        change(runtime, cast.alice, "no address")
    with pytest.raises(NotFound, match="There is no person"):
        address_change.change_address(runtime, "nobody@example.com", NEW)
    assert cast.alice.http.get("/v1/orgs").status_code == 200


def test_both_addresses_are_told_and_each_organization_notes_it(runtime, alice, set_settings):
    set_settings(mail_server="127.0.0.1")
    runtime = alice.app.extensions["runtime"]
    change(runtime, alice)
    told = db.session.scalars(
        text("SELECT recipient FROM outbox_mail WHERE mail = 'address_changed' AND due_at IS NOT NULL ORDER BY 1")
    ).all()
    assert told == ["alice@example.com", NEW]
    newest = audit.page(alice.org, limit=1, cursor=None).items[0]
    assert (newest.action, newest.actor) == ("member.address_changed", "operator")
    assert newest.details == {"email": NEW, "was": "alice@example.com"}
    assert session_count() == 0


def session_count():
    with transaction():
        return db.session.execute(text("SELECT count(*) FROM session WHERE ended_at IS NULL")).scalar_one()


def test_it_is_done_whole_or_not_at_all(runtime, alice, monkeypatch):
    def fail(*_):
        raise RuntimeError("the last step")

    monkeypatch.setattr(agent_session_tokens, "delete_all", fail)
    with pytest.raises(RuntimeError):
        change(runtime, alice)
    assert people.by_email(alice.email) is not None
    assert session_count() == 1
