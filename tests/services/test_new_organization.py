"""New organizations that members make."""

import pytest

from app.domain.errors import Forbidden, NotFound, RateLimited
from app.domain.member_roles import Role
from app.services import (
    credits,
    operator_members,
    organizations,
)
from app.services.new_organization import MOST_OWNED
from tests.services.audit_entries import newest
from tests.services.other_organizations import create


def test_another_organization_is_its_creators_and_has_no_credits(runtime, alice):
    made = create(runtime, alice)
    assert made in organizations.of_person(alice.person_id)
    assert (made.name, made.role) == ("Second", Role.OWNER)
    assert (newest(made.id).action, newest(made.id).actor) == ("organization.created", alice.email)
    assert credits.balance(made.id).granted == 0


def test_only_whom_sign_up_lets_have_one_makes_one(runtime, set_settings, app, alice):
    for sign_up in ("invited", ("example.org",)):
        set_settings(sign_up=sign_up)
        with pytest.raises(Forbidden, match="Ask its operator"):
            create(app.extensions["runtime"], alice)
    set_settings(sign_up=("example.com",))
    assert create(app.extensions["runtime"], alice)


def test_five_are_made_in_an_hour_and_ten_are_owned(runtime, alice, clock):
    for _ in range(5):
        create(runtime, alice)
    with pytest.raises(RateLimited) as refused:
        create(runtime, alice)
    assert refused.value.policy == "organizations"
    clock.advance(hours=1)
    for _ in range(MOST_OWNED - 6):
        create(runtime, alice)
    with pytest.raises(Forbidden, match="You own 10 organizations"):
        create(runtime, alice)
    assert len(organizations.of_person(alice.person_id)) == MOST_OWNED


def test_one_where_they_are_no_owner_does_not_count(runtime, cast, clock):
    charlie = cast.charlie
    cast.join(charlie, cast.alice.org, Role.ADMIN)
    for _ in range(MOST_OWNED - 1):
        create(runtime, charlie)
        clock.advance(hours=1)
    with pytest.raises(Forbidden):
        create(runtime, charlie)


def test_nobody_who_was_disabled_meanwhile_makes_one(runtime, alice):
    operator_members.set_person_disabled(runtime, alice.email, disabled=True)
    with pytest.raises(NotFound):
        create(runtime, alice)
