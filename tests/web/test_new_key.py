"""The form that creates a key, which is shown once."""

from datetime import UTC, datetime

import pytest

from tests.web.forms_for_keys import KEY, keys, revealed, submit
from tests.web.pages import Page

ADDRESS = {"REMOTE_ADDR": "203.0.113.9"}


def test_a_key_is_shown_once_in_the_direct_answer_and_never_stored_by_anybody(alice, app):
    answer = submit(alice)
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    key = revealed(answer)
    assert f"curl http://localhost:7860/v1/telemetry -H 'x-api-key: {key}'" in answer.text
    assert app.test_client().get("/v1/me", headers={"x-api-key": key}).status_code == 200
    assert key not in alice.http.get(keys(alice)).text


def test_sending_the_form_again_makes_no_second_key_and_says_the_way_out(alice):
    first = submit(alice)
    again = submit(alice)
    assert first.status_code == 201
    assert again.status_code == 409
    assert not KEY.search(again.text)
    assert "Rotate this key" in Page(again).text
    assert len(alice.http.get(f"/v1/orgs/{alice.org}/keys").get_json()["data"]) == 1


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"name": " "}, "enter a name"),
        ({"name": "x" * 101}, "at most 100"),
        ({"scopes": []}, "choose at least one"),
        ({"scopes": ["root"]}, "Unknown scope: root"),
        ({"expires": "17"}, "choose one of the options"),
        ({"expires": "date"}, "enter a date, for example 2027-01-31"),
        ({"expires": "date", "expires_on": "tomorrow"}, "enter a date"),
        ({"expires": "date", "expires_on": "2026-02-30"}, "enter a date"),
        ({"expires": "date", "expires_on": "2026-04-15"}, "must be in the future"),
        ({"expires": "date", "expires_on": "9999-12-31"}, "must be at most 3650 days from now"),
    ],
)
def test_a_form_that_cannot_be_meant_comes_back_with_what_was_written(alice, form, problem):
    answer = submit(alice, **({"name": "My <b>bold</b> name"} | form))
    page = Page(answer)
    assert answer.status_code == 422
    assert problem.lower() in page.text.lower()
    if "name" not in form:
        assert 'value="My &lt;b&gt;bold&lt;/b&gt; name"' in page.text
    assert alice.http.get(f"/v1/orgs/{alice.org}/keys").get_json()["data"] == []


def test_nothing_is_ticked_on_a_new_form(alice):
    page = Page(alice.http.get(keys(alice, "/new")))
    assert " checked" not in page.text
    assert '<option value="90" selected>' in page.text


def test_a_scope_that_is_included_in_what_is_ticked_says_so(alice):
    page = Page(alice.http.get(keys(alice, "/new?scope=notes:write"))).text
    assert "Included in <code>notes:write</code>, which is ticked. Allows " in page
    assert page.count("which is ticked") == 1


def test_what_a_scope_includes_is_said_at_both(alice):
    page = Page(alice.http.get(keys(alice, "/new"))).text
    assert "Includes <code>notes:read</code>. Allows " in page
    assert "Included in <code>notes:write</code>. Allows " in page
    assert "Includes <code>agent:r</code>, <code>cache:invalidate</code>. Allows " in page
    assert page.count("Included in ") == 3


@pytest.mark.parametrize(
    ("day", "expiry"), [("2026-04-16", "2026-04-16T23:59:59Z"), ("2027-01-31", "2027-01-31T23:59:59Z")]
)
def test_a_key_with_a_date_works_until_the_end_of_that_day_in_utc(alice, app, clock, day, expiry):
    key = revealed(submit(alice, expires="date", expires_on=day))
    (made,) = alice.http.get(f"/v1/orgs/{alice.org}/keys").get_json()["data"]
    assert made["expires_at"] == expiry
    for second, status in ((58, 200), (59, 401)):
        clock.now = datetime.fromisoformat(day).replace(hour=23, minute=59, second=second, tzinfo=UTC)
        assert app.test_client().get("/v1/me", headers={"x-api-key": key}).status_code == status


def test_a_date_counts_only_if_it_is_chosen(alice):
    assert submit(alice, expires="", expires_on="2020-01-01").status_code == 201


def test_what_is_no_date_does_not_come_back_in_the_field_for_one(alice):
    page = Page(submit(alice, expires="date", expires_on="tomorrow" * 1000))
    assert 'name="expires_on" value=""' in page.text


def test_a_refused_date_is_named_at_its_field(alice):
    page = Page(submit(alice, expires="date", expires_on="2026-04-15"))
    assert '<a href="#expires_on">Last day</a>: must be in the future' in page.text
    assert 'value="2026-04-15" autocomplete="off" aria-describedby="expires_on-hint expires_on-problem"' in page.text


def test_the_address_of_the_client_is_added_to_the_form_and_no_key_is_made(alice):
    page = Page(alice.http.get(keys(alice, "/new"), environ_base=ADDRESS))
    assert "Your address now: <code>203.0.113.9</code>" in page.text
    sent = {
        "name": "Mine",
        "scopes": ["notes:read", "cache:invalidate"],
        "expires": "date",
        "expires_on": "2027-01-31",
        "requests": "9",
        "seconds": "60",
        "networks": "198.51.100.0/24",
        "submission_id": "form-0123456789abcdef",
        "back": keys(alice, "?cursor=x"),
    }
    answer = alice.http.post(keys(alice, "/new"), data=sent | {"add_address": "1"}, environ_base=ADDRESS)
    page = Page(answer)
    assert answer.status_code == 200
    assert ">\n198.51.100.0/24\n203.0.113.9</textarea>" in page.text
    for kept in (
        'value="Mine"',
        'value="notes:read" checked',
        'value="cache:invalidate" checked',
        '<option value="date" selected>',
        'value="2027-01-31"',
        'value="9"',
        'value="60"',
        'value="form-0123456789abcdef"',
        '<details class="limits" open>',
    ):
        assert kept in page.text, kept
    assert page.text.count(" checked") == 2
    assert keys(alice, "?cursor=x") in page.links
    assert "add_address" not in page.text
    assert "(in the list)" in page.text
    assert alice.http.get(f"/v1/orgs/{alice.org}/keys").get_json()["data"] == []
    # The form as it came back makes the key.
    assert (
        alice.http.post(keys(alice, "/new"), data=sent | {"networks": "198.51.100.0/24\r\n203.0.113.9"}).status_code
        == 201
    )
    (made,) = alice.http.get(f"/v1/orgs/{alice.org}/keys").get_json()["data"]
    assert made["networks"] == ["198.51.100.0/24", "203.0.113.9/32"]


def test_an_address_is_added_once(alice):
    sent = {"add_address": "1", "networks": " 203.0.113.9 "}
    page = alice.http.post(keys(alice, "/new"), data=sent, environ_base=ADDRESS).text
    assert page.count("203.0.113.9") == 2 + page.count("203.0.113.9/")


@pytest.mark.parametrize(
    ("seen", "added"),
    [("::ffff:203.0.113.9", "203.0.113.9"), ("2001:DB8::9", "2001:db8::9"), ("[2001:db8::9]:443", "2001:db8::9")],
)
def test_an_address_is_added_as_networks_are_written(alice, seen, added):
    seen = {"REMOTE_ADDR": seen}
    page = alice.http.post(keys(alice, "/new"), data={"add_address": "1"}, environ_base=seen).text
    assert f">\n{added}</textarea>" in page
    assert submit(alice, networks=added).status_code == 201


def test_a_corrected_form_makes_the_key_although_it_was_refused_before(alice):
    assert submit(alice, name="").status_code == 422
    assert submit(alice).status_code == 201


def test_a_member_is_not_offered_keys_verify(cast):
    assert "keys:verify" in cast.alice.http.get(keys(cast.alice, "/new")).text
    assert "keys:verify" not in cast.bob.http.get(keys(cast.bob, "/new")).text


def test_every_problem_of_a_form_is_named_at_once_in_a_summary_that_has_the_focus(alice):
    sent = {"requests": "x", "seconds": "", "networks": "nowhere\n10.0.0.1/8", "expires": "soon"}
    page = submit(alice, name=" ", scopes=[], **sent).text
    assert 'role="alert" tabindex="-1" autofocus' in page
    for field in ("name", "scopes", "expires", "rate_limit.requests", "rate_limit.window_seconds", "networks"):
        assert f'<a href="#{field}">' in page
    assert "“nowhere” is not a network" in page
    assert "did you mean 10.0.0.0/8?" in page


def test_a_new_key_is_made_for_the_organization_by_those_who_manage_all_keys(cast):
    alice, bob = cast.alice, cast.bob
    form = {"name": "CI", "scopes": ["agent:r"], "expires": "90", "owner": ""}
    page = Page(alice.http.get(f"/orgs/{alice.org}/keys/new")).text
    assert f'<option value="{alice.email}" selected>You</option>' in page
    assert alice.http.post(f"/orgs/{alice.org}/keys/new", data=form).status_code == 201
    (made,) = alice.http.get(f"/v1/orgs/{alice.org}/keys").get_json()["data"]
    assert alice.http.get(f"/v1/orgs/{alice.org}/keys/{made['id']}").get_json()["data"]["owner"] is None
    assert 'name="owner"' not in Page(bob.http.get(f"/orgs/{alice.org}/keys/new")).text
    assert bob.http.post(f"/orgs/{alice.org}/keys/new", data=form).status_code == 403
