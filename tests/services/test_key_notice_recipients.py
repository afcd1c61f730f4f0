"""Who is told about a key."""

from app.services import operator_members, operator_organizations
from app.services.key_notice_recipients import recipients


def test_its_maker_is_told_as_long_as_they_are_a_member_and_not_disabled_else_owners_and_admins(runtime, cast):
    org, bob, managers = cast.alice.org, cast.bob, {cast.alice.email, cast.adam.email}
    cast.vera  # noqa: B018 -- she joins

    def told(maker_id):
        return {recipient.email for recipient in recipients(org, maker_id)}

    assert told(bob.person_id) == {bob.email}
    assert told(None) == managers
    assert told(cast.charlie.person_id) == managers
    operator_members.set_person_disabled(runtime, bob.email, disabled=True)
    assert told(bob.person_id) == managers
    operator_organizations.set_organization_disabled(runtime, org, disabled=True)
    assert told(None) == set()
