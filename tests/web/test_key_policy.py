"""The page of the policy for keys: its form, what it says, and the keys outside of it."""

import re

import pytest

from app.domain.member_roles import Role
from app.services import key_policy
from tests.web.pages import Page

SCOPES = ["agent:rw", "agent:r", "cache:invalidate", "notes:read", "notes:write"]


def path(actor, tail=""):
    return f"/orgs/{actor.org}/settings/keys{tail}"


def page(actor, tail=""):
    return Page(actor.http.get(path(actor, tail)))


def policy(actor):
    with actor.app.app_context():
        return key_policy.of(actor.org)


def seen(actor):
    return re.search(r'name="seen" value="(\w+)"', page(actor).text)[1]


def ticked(actor, role):
    return re.findall(rf'name="scopes_by_role.{role}" value="([^"]+)" checked', page(actor).text)


def as_shown(actor, **changed):
    """What a browser sends for the form as it is, with these changes."""
    text = page(actor).text
    days = {
        name: re.search(rf'name="{name}" value="(\d*)"', text)[1]
        for name in ("default_expiry_days", "longest_expiry_days")
    }
    scopes = {f"scopes_by_role.{role}": ticked(actor, role) for role in ("owner", "admin", "member")}
    return {
        "seen": seen(actor),
        **days,
        **scopes,
        **{name.replace("__", "."): value for name, value in changed.items()},
    }


def send(actor, **changed):
    return actor.http.post(path(actor), data=as_shown(actor, **changed))


def test_everybody_sees_it_and_owners_and_admins_have_the_form(cast):
    for actor, has_form in ((cast.alice, True), (cast.adam, True), (cast.bob, False), (cast.vera, False)):
        shown = page(actor)
        assert shown.title == "Policy for keys · alice’s organization · Keydesk"
        assert ("Save policy" in shown.text) is has_form
    assert cast.charlie.http.get(path(cast.alice)).status_code == 404
    assert cast.bob.http.post(path(cast.bob), data={}).status_code == 403


def test_the_settings_say_what_holds_and_lead_to_it(alice):
    settings = f"/orgs/{alice.org}/settings"
    shown = Page(alice.http.get(settings))
    assert path(alice) in shown.links
    assert "Keys of alice’s organization need not expire." in shown.text
    send(alice, longest_expiry_days="90", default_expiry_days="1", scopes_by_role__member=["agent:r"])
    shown = Page(alice.http.get(settings))
    assert "Keys of alice’s organization end after at most 90 days." in shown.text
    assert "Unless somebody chooses otherwise, a key ends after 1 day." in shown.text
    assert "Members may give only these scopes: agent:r." in shown.text


def test_saving_the_form_as_it_is_changes_nothing(alice):
    assert send(alice).status_code == 303
    assert policy(alice) == type(policy(alice))()
    alice.http.patch(
        f"/v1/orgs/{alice.org}/key-policy", json={"scopes_by_role": {"member": SCOPES, "admin": ["agent:rw"]}}
    )
    before = policy(alice)
    assert send(alice).status_code == 303
    assert policy(alice) == before


def test_ticks_are_limits_and_all_of_them_are_none(alice):
    assert ticked(alice, "member") == SCOPES
    send(alice, scopes_by_role__member=["agent:rw", "notes:read"], expiry_required="yes")
    assert policy(alice).scopes_by_role == {Role.MEMBER: ("agent:rw", "notes:read")}
    assert policy(alice).expiry_required
    # With what they include.
    assert ticked(alice, "member") == ["agent:rw", "agent:r", "cache:invalidate", "notes:read"]
    send(alice, scopes_by_role__member=[])
    assert policy(alice).scopes_by_role == {Role.MEMBER: ()}
    assert "Members may give no scopes, so they cannot create keys." in page(alice).text
    send(alice, scopes_by_role__member=SCOPES)
    assert policy(alice).scopes_by_role == {}


def test_an_admin_says_what_members_may_give_and_nothing_else(cast):
    adam = cast.adam
    assert "Admins may give" not in page(adam).text
    assert send(adam, scopes_by_role__member=["agent:r"], scopes_by_role__admin=["agent:r"]).status_code == 303
    assert policy(adam).scopes_by_role == {Role.MEMBER: ("agent:r",)}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"longest_expiry_days": "soon"}, "Must be a whole number of days, or empty"),
        ({"longest_expiry_days": "5000"}, "Must be from 1 to 3650 days"),
        ({"longest_expiry_days": "9", "default_expiry_days": "10"}, "Must be at least the default expiry (10 days)"),
        ({"scopes_by_role__member": ["keys:verify"]}, "This role may never give a key keys:verify; leave it out"),
    ],
)
def test_what_is_wrong_comes_back_with_what_was_typed(alice, changed, said):
    answer = send(alice, **changed)
    assert answer.status_code == 422
    shown = Page(answer)
    assert shown.title.startswith("Problem: ")
    assert said in shown.text
    for value in changed.values():
        assert isinstance(value, list) or f'value="{value}"' in shown.text
    assert policy(alice) == type(policy(alice))()


def test_a_form_does_not_overwrite_what_it_never_showed(cast):
    sent = as_shown(cast.alice, longest_expiry_days="90")
    send(cast.adam, longest_expiry_days="30")
    answer = cast.alice.http.post(path(cast.alice), data=sent)
    assert answer.status_code == 409
    assert "Somebody else changed the policy" in answer.text
    assert 'name="longest_expiry_days" value="30"' in answer.text
    assert policy(cast.alice).longest_expiry_days == 30


def test_a_form_sent_without_a_session_comes_back_after_signing_in(alice):
    sent = as_shown(alice, longest_expiry_days="77", scopes_by_role__member=["agent:r"], filled_in_by=alice.person_id)
    alice.http.delete_cookie("whs_session")
    assert alice.http.post(path(alice), data=sent).location == f"/sign-in?next={path(alice)}"
    text = alice.sign_in().http.get(path(alice)).text
    assert 'name="longest_expiry_days" value="77"' in text
    assert re.findall(r'name="scopes_by_role.member" value="([^"]+)" checked', text) == ["agent:r"]
    assert policy(alice).longest_expiry_days is None


def test_keys_outside_are_listed_with_the_reason_and_a_way_out(cast):
    alice, bob = cast.alice, cast.bob
    alice.create_key(name="within", expires_in_days=9)
    never = alice.create_key(name="never ends")
    late = bob.create_key(name="late", expires_in_days=200, scopes=["notes:write"])
    assert "Every working key is within the policy." in page(alice).text
    send(alice, longest_expiry_days="90", scopes_by_role__member=["notes:read"])
    shown = page(alice)
    assert "Keys outside of the policy: 2" in shown.text
    assert "within</a>" not in shown.text
    for key in (never, late):
        for action in ("rotate", "change"):
            assert any(link.startswith(f"/orgs/{alice.org}/keys/{key['id']}/{action}") for link in shown.links)
    assert "Never expires" in shown.text
    assert "Ends too late, " in shown.text
    assert "Members may not give <code>notes:write</code>." in shown.text
    # What would be refused is not offered: others' keys, and a successor with scopes that members may not give.
    assert not any("/rotate" in link for link in page(bob).links)
    assert any(link.startswith(f"/orgs/{alice.org}/keys/{late['id']}/change") for link in page(bob).links)
    assert not any(f"/keys/{never['id']}/rotate" in link for link in page(bob).links)
    assert "Ask an owner or admin" in page(bob).text
    listed = alice.http.get(f"/orgs/{alice.org}/keys?state=outside_policy").text
    assert (">never ends</a>" in listed, ">within</a>" in listed) == (True, False)


def test_many_keys_outside_come_in_pages(alice, monkeypatch):
    monkeypatch.setattr("app.web.key_policy.PAGE_SIZE", 2)
    for number in range(5):
        alice.create_key(name=f"Key {number}")
    send(alice, expiry_required="yes")
    first = page(alice)
    assert "1–2 of 5" in first.text
    (older,) = [link for link in first.links if "cursor=" in link]
    second = Page(alice.http.get(older))
    assert "3–4 of 5" in second.text
    assert alice.http.get(path(alice, "?cursor=nonsense")).status_code == 303
