"""The form that changes the settings of a key."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from app.services import operator_members
from tests.web.pages import Page

FORM = {"name": "CI", "scopes": ["agent:rw"], "expires": "keep", "requests": "", "seconds": "", "networks": ""}


def path(actor, key, tail=""):
    return f"/orgs/{actor.org}/keys/{key['id']}{tail}"


def settings(actor, key):
    return actor.http.get(f"/v1{path(actor, key)}").get_json()["data"]


def seen(actor, key):
    return re.search(r'name="seen" value="(\w+)"', actor.http.get(path(actor, key, "/change")).text)[1]


def save(actor, key, **form):
    return actor.http.post(path(actor, key, "/change"), data=FORM | {"seen": seen(actor, key)} | form)


def me(actor, key, **options):
    return actor.app.test_client().get("/v1/me", headers={"x-api-key": key["key"]}, **options)


@pytest.fixture
def key(alice):
    return alice.create_key(name="CI")


def test_saving_changes_the_key_at_once_and_the_rest_stays(alice, key):
    assert me(alice, key).status_code == 200
    limits = {"requests": "9", "seconds": "60", "networks": "203.0.113.0/24\r\n\r\n ::1 "}
    answer = save(alice, key, name="Nightly", scopes=["agent:r"], **limits)
    assert (answer.status_code, answer.headers["Location"]) == (303, path(alice, key))
    assert me(alice, key).status_code == 403
    changed = settings(alice, key)
    assert (changed["name"], changed["scopes"], changed["expires_at"]) == ("Nightly", ["agent:r"], None)
    assert changed["rate_limit"] == {"requests": 9, "window_seconds": 60}
    assert changed["networks"] == ["203.0.113.0/24", "::1/128"]
    assert "“Nightly” is changed" in Page(alice.http.get(path(alice, key))).text
    form = Page(alice.http.get(path(alice, key, "/change"))).text
    assert '<details class="limits" open>' in form
    assert ">\n203.0.113.0/24\n::1/128</textarea>" in form
    assert save(alice, key).status_code == 303
    assert (settings(alice, key)["rate_limit"], settings(alice, key)["networks"]) == (None, [])


def test_the_expiry_stays_moves_or_goes(alice, clock):
    key = alice.create_key(name="CI", expires_in_days=3)
    save(alice, key, name="Other")
    assert settings(alice, key)["expires_at"] == key["expires_at"]
    save(alice, key, expires="30")
    assert settings(alice, key)["expires_at"] == f"{clock.now + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"
    save(alice, key, expires="date", expires_on="2026-04-20")
    assert settings(alice, key)["expires_at"] == "2026-04-20T23:59:59Z"
    save(alice, key, expires="")
    assert settings(alice, key)["expires_at"] is None


@pytest.mark.parametrize(
    ("form", "field", "problem"),
    [
        ({"name": " "}, "name", "enter a name"),
        ({"scopes": []}, "scopes", "choose at least one"),
        ({"scopes": ["root"]}, "scopes", "Unknown scope: root"),
        ({"expires": "17"}, "expires", "choose one of the options"),
        ({"requests": "9"}, "rate_limit.window_seconds", "a rate limit needs both requests and seconds"),
        ({"seconds": "9"}, "rate_limit.requests", "a rate limit needs both requests and seconds"),
        ({"requests": "many", "seconds": "9"}, "rate_limit.requests", "must be a whole number"),
        ({"requests": "0", "seconds": "9"}, "rate_limit.requests", "must be from 1 to"),
        ({"requests": "1", "seconds": "86401"}, "rate_limit.window_seconds", "one day"),
        ({"networks": "203.0.113.7/24"}, "networks", "did you mean 203.0.113.0/24?"),
        ({"networks": "::1\n<b>here</b>"}, "networks", "“&lt;b&gt;here&lt;/b&gt;” is not a network"),
    ],
)
def test_what_cannot_be_meant_is_said_at_its_field_and_changes_nothing(alice, key, form, field, problem):
    before = settings(alice, key)
    new = {"submission_id": "form-0123456789abcdef", "expires": "90"}
    refused = [save(alice, key, **form), alice.http.post(f"/orgs/{alice.org}/keys/new", data=FORM | new | form)]
    for answer in refused:
        page = Page(answer)
        assert answer.status_code == 422
        assert f"#{field}" in page.links
        assert page.ids[field] == page.ids[f"{field}-problem"] == 1
        assert problem.lower() in page.text.lower()
        assert '<details class="limits" open>' in page.text or field in {"name", "scopes", "expires"}
        assert page.title.startswith("Problem: ")
    assert settings(alice, key) == before
    assert len(alice.http.get(f"/v1/orgs/{alice.org}/keys").get_json()["data"]) == 1


def test_a_new_key_has_the_limits_of_its_form(alice):
    form = {"expires": "90", "requests": "9", "seconds": "60", "networks": "127.0.0.1"}
    assert alice.http.post(f"/orgs/{alice.org}/keys/new", data=FORM | form).status_code == 201
    (key,) = alice.http.get(f"/v1/orgs/{alice.org}/keys").get_json()["data"]
    made = settings(alice, key)
    assert (made["rate_limit"], made["networks"]) == ({"requests": 9, "window_seconds": 60}, ["127.0.0.1/32"])


def test_a_form_that_was_overtaken_undoes_nothing(cast, key):
    alice = cast.alice
    old = seen(alice, key)
    save(cast.adam, key, networks="203.0.113.0/24")
    answer = save(alice, key, name="Nightly", seen=old)
    assert answer.status_code == 409
    assert "Somebody else changed this key in the meantime" in Page(answer).text
    assert "203.0.113.0/24</textarea>" in answer.text
    assert (settings(alice, key)["name"], settings(alice, key)["networks"]) == ("CI", ["203.0.113.0/24"])


def test_scopes_that_a_member_could_not_give_are_kept_but_not_given(cast):
    bob = cast.bob
    key = bob.create_key(name="CI", scopes=["agent:rw"])
    assert "keys:verify" not in bob.http.get(path(bob, key, "/change")).text
    save(cast.adam, key, scopes=["agent:rw", "keys:verify"])
    assert save(bob, key, name="Nightly", scopes=["keys:verify", "agent:rw"]).status_code == 303
    assert settings(bob, key)["scopes"] == ["agent:rw", "keys:verify"]
    refused = save(bob, key, scopes=["agent:r", "keys:verify"])
    assert refused.status_code == 403
    assert "does not allow you to give a key the scope keys:verify" in Page(refused).text
    assert save(bob, key, scopes=["agent:r"]).status_code == 303


def test_a_scope_that_left_the_catalogue_can_be_taken_away(alice, runtime, set_settings):
    key = alice.create_key(name="CI", scopes=["agent:rw", "notes:read"])
    policy = runtime.settings.policy
    scopes = {name: scope for name, scope in policy.scopes.items() if not name.startswith("notes:")}
    routes = tuple(route for route in policy.routes if route.scope in scopes)
    set_settings(policy=replace(policy, scopes=scopes, routes=routes))
    for tail in ("", "/change"):
        assert "No longer exists" in Page(alice.http.get(path(alice, key, tail))).text
    assert save(alice, key, scopes=["agent:rw"]).status_code == 303
    assert settings(alice, key)["scopes"] == ["agent:rw"]


def test_a_dead_key_is_not_changed_and_the_page_says_what_to_do(alice, key):
    mark = seen(alice, key)
    alice.revoke(key["id"])
    assert "cannot be changed" in Page(alice.http.get(path(alice, key, "/change"))).text
    assert path(alice, key, "/change") not in Page(alice.http.get(path(alice, key))).links
    answer = alice.http.post(path(alice, key, "/change"), data=FORM | {"seen": mark, "name": "Other"})
    assert answer.status_code == 409
    assert "it cannot be changed" in Page(answer).text


def test_a_member_cannot_change_what_others_made(cast, key):
    for answer in (
        cast.bob.http.get(path(cast.bob, key, "/change")),
        cast.bob.http.post(path(cast.bob, key, "/change")),
    ):
        assert answer.status_code == 403
    assert cast.charlie.http.get(path(cast.alice, key)).status_code == 404


def test_a_member_reads_what_an_admin_set_before_and_after_trying_to_lift_it(cast):
    bob = cast.bob
    key = bob.create_key(name="CI")
    networks = {"networks": ["203.0.113.0/24"]}
    assert cast.alice.http.patch(f"/v1{path(bob, key)}", json=networks).status_code == 200
    form = Page(bob.http.get(path(bob, key, "/change")))
    assert "An owner or admin set this on the key." in form.text
    assert "Networks: 203.0.113.0/24" in form.text
    assert "An owner or admin set this on the key." not in Page(cast.alice.http.get(path(bob, key, "/change"))).text

    refused = save(bob, key, networks="198.51.100.7")
    assert refused.status_code == 403
    page = Page(refused)
    assert "only they can allow more" in page.text
    assert "198.51.100.7" in refused.text
    assert settings(bob, key)["networks"] == ["203.0.113.0/24"]


def test_a_key_is_given_to_the_organization_or_to_a_member_in_the_form(cast):
    alice, bob, adam = cast.alice, cast.bob, cast.adam
    key = alice.create_key(name="CI")
    form = Page(alice.http.get(path(alice, key, "/change"))).text
    assert f'<option value="{alice.email}" selected>You</option>' in form
    assert f'<option value="{bob.email}">' in form
    assert save(alice, key, owner="").status_code == 303
    assert settings(alice, key)["owner"] is None
    assert "The organization</dd>" in alice.http.get(path(alice, key)).text
    assert save(adam, key, owner=bob.email).status_code == 303
    assert settings(alice, key)["owner"] == bob.email
    # A member cannot choose, and what such a form does not say stays.
    assert 'name="owner"' not in bob.http.get(path(bob, key, "/change")).text
    assert save(bob, key).status_code == 303
    assert settings(alice, key)["owner"] == bob.email


def test_somebody_who_cannot_own_the_key_is_named_at_the_field(cast):
    alice = cast.alice
    key = alice.create_key(name="CI")
    page = Page(save(alice, key, owner=cast.vera.email))
    assert 'id="owner-problem"' in page.text
    assert settings(alice, key)["owner"] == alice.email


def test_a_key_of_somebody_who_left_can_be_changed_without_another_owner(cast, app):
    alice, bob = cast.alice, cast.bob
    key = bob.create_key(name="CI")
    with app.app_context():
        operator_members.remove_member(app.extensions["runtime"], bob.org, bob.email)
    assert "who is no longer a member" in alice.http.get(path(alice, key)).text
    assert save(alice, key, name="CI 2", owner=bob.email).status_code == 303
