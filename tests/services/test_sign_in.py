"""Sign-in by link: limits, single use, sign-up."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from app.domain.errors import LinkForged, LinkSpent, ValidationFailed
from app.domain.member_roles import Role
from app.extensions import db
from app.services import organizations, sessions, sign_in
from app.store import memberships, people
from app.store.transaction import transaction
from tests.databases import statements


def ask(runtime, email="alice@example.com", client="203.0.113.1", **more):
    return sign_in.request_link(runtime, email=email, client=client, **more)


def redeem(runtime, token):
    return sign_in.redeem(runtime, token, address="203.0.113.1", user_agent="a test")


def count(table):
    return db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def test_a_first_sign_in_makes_the_person_and_an_organization_of_theirs(runtime):
    signed_in = redeem(runtime, ask(runtime).token.reveal())
    live = sessions.resume(runtime, signed_in.session_token.reveal())
    (organization,) = organizations.of_person(live.person_id)
    assert live.email == "alice@example.com"
    assert (organization.name, organization.role.value) == ("alice’s organization", "owner")


def test_a_second_sign_in_makes_neither_again(runtime):
    for _ in range(2):
        redeem(runtime, ask(runtime).token.reveal())
    assert (count("person"), count("organization"), count("session")) == (1, 1, 2)


def test_a_link_works_once(runtime):
    token = ask(runtime).token.reveal()
    redeem(runtime, token)
    with pytest.raises(LinkSpent):
        redeem(runtime, token)
    with pytest.raises(LinkSpent):
        sign_in.peek(runtime, token)
    assert count("session") == 1


def test_a_link_lives_fifteen_minutes(runtime, clock):
    token = ask(runtime).token.reveal()
    clock.advance(seconds=899)
    assert sign_in.peek(runtime, token).email == "alice@example.com"
    clock.advance(seconds=1)
    with pytest.raises(LinkSpent):
        redeem(runtime, token)


def test_a_forged_link_opens_nothing(runtime):
    with pytest.raises(LinkForged):
        redeem(runtime, ask(runtime).token.reveal()[:-2] + "xx")
    assert count("session") == 0


def test_looking_at_a_link_does_not_use_it(runtime):
    token = ask(runtime).token.reveal()
    for _ in range(3):
        sign_in.peek(runtime, token)
    assert redeem(runtime, token).session_token.reveal()


def test_parallel_redemptions_open_one_session(app, runtime):
    token = ask(runtime).token.reveal()

    def attempt(_):
        with app.app_context():
            try:
                return redeem(runtime, token).session_token.reveal()
            except LinkSpent:
                return None

    with ThreadPoolExecutor(16) as pool:
        opened = [token for token in pool.map(attempt, range(16)) if token]
    assert len(opened) == 1
    assert count("session") == 1


def test_two_links_of_a_new_address_used_at_once_make_one_person(app, runtime):
    tokens = [ask(runtime).token.reveal() for _ in range(5)]

    def attempt(token):
        with app.app_context():
            return redeem(runtime, token).session_token.reveal()

    with ThreadPoolExecutor(5) as pool:
        assert len(set(pool.map(attempt, tokens))) == 5
    assert (count("person"), count("organization")) == (1, 1)


def test_what_is_no_address_is_refused_and_leaves_nothing(runtime):
    with pytest.raises(ValidationFailed):
        ask(runtime, email="alice@example.com, bob@example.com")
    assert count("one_time_secret") == 0


@pytest.mark.parametrize(
    ("sign_up", "email", "sent"),
    [
        ("open", "new@example.com", True),
        ("invited", "new@example.com", False),
        ("invited", "known@elsewhere.org", True),
        (("example.com",), "new@example.com", True),
        (("example.com",), "new@elsewhere.org", False),
        (("example.com",), "known@elsewhere.org", True),
    ],
)
def test_sign_up_decides_who_gets_mail_and_every_address_leaves_the_same_rows(
    app, runtime, set_settings, sign_up, email, sent
):
    with transaction():
        people.add("known@elsewhere.org", runtime.clock())
    set_settings(sign_up=sign_up, mail_server="127.0.0.1")
    runtime = app.extensions["runtime"]
    link = ask(runtime, email=email)
    assert (link.token is not None) is sent
    assert (count("one_time_secret"), count("outbox_mail")) == (1, 1)
    due = db.session.execute(text("SELECT due_at FROM outbox_mail")).scalar_one()
    assert (due is not None) is sent


def test_a_link_to_a_refused_address_opens_nothing_even_if_it_were_known(app, runtime, set_settings):
    set_settings(sign_up="invited")
    runtime = app.extensions["runtime"]
    ask(runtime)
    row = db.session.execute(text("SELECT id FROM one_time_secret")).scalar_one()
    with pytest.raises(LinkSpent):
        redeem(runtime, runtime.links.sign(row).reveal())


def test_a_disabled_person_gets_no_mail_and_cannot_sign_in(runtime, clock):
    token = ask(runtime).token.reveal()
    redeem(runtime, token)
    pending = ask(runtime).token.reveal()
    with transaction():
        people.by_email("alice@example.com").disabled_at = clock.now
    assert ask(runtime).token is None
    with pytest.raises(LinkSpent):
        redeem(runtime, pending)


def test_signing_in_again_ends_the_session_that_the_browser_had(runtime):
    first = redeem(runtime, ask(runtime).token.reveal()).session_token.reveal()
    token = ask(runtime).token.reveal()
    second = sign_in.redeem(runtime, token, address="", user_agent="", replaces=first).session_token.reveal()
    assert sessions.resume(runtime, first) is None
    assert sessions.resume(runtime, second)


def test_known_and_unknown_addresses_run_the_same_statements(app, runtime, set_settings):
    redeem(runtime, ask(runtime, client="198.51.100.9").token.reveal())
    set_settings(sign_up="invited")
    runtime = replace(app.extensions["runtime"])
    with statements() as known:
        ask(runtime, email="alice@example.com")
    with statements() as unknown:
        ask(runtime, email="nobody@example.com")
    assert unknown == known


def test_people_who_share_organizations_sign_in_at_once_without_a_deadlock(app, runtime, clock):
    """Their organizations are locked in one order, whatever the order of joining."""
    emails = ("alice@example.com", "bob@example.com")
    for email in emails:
        redeem(runtime, ask(runtime, email=email).token.reveal())
    ids = [people.by_email(email).id for email in emails]
    own = [organizations.of_person(person)[0].id for person in ids]
    for person, org in zip(ids, reversed(own), strict=True):
        with transaction():
            memberships.add(org, person, Role.MEMBER, clock.now)

    def attempt(number):
        with app.app_context():
            link = ask(runtime, email=emails[number % 2], client=f"198.51.100.{number}")
            return redeem(runtime, link.token.reveal()).session_token.reveal()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(attempt, range(24)))) == 24
