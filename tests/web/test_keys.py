"""The pages of keys: create and reveal once, revoke, rotate."""

import re
from datetime import UTC, datetime

import pytest

from tests.web.pages import Page

KEY = re.compile(r"whk_[0-9A-Za-z]{32}")


def keys(actor, tail=""):
    return f"/orgs/{actor.org}/keys{tail}"


def submit(actor, **form):
    values = {"name": "CI", "scopes": ["agent:r"], "expires": "90", "submission_id": "form-0123456789abcdef"} | form
    return actor.http.post(keys(actor, "/new"), data=values)


def revealed(answer):
    found = set(KEY.findall(answer.text))
    assert len(found) == 1
    return found.pop()


def test_no_keys_yet_teaches_what_a_key_is(alice):
    page = Page(alice.http.get(keys(alice)))
    assert "No keys yet" in page.text
    assert keys(alice, "/new") in page.links


def test_a_viewer_is_told_whom_to_ask_instead_of_offered_a_button(cast):
    page = Page(cast.vera.http.get(keys(cast.vera)))
    assert "Ask an owner or admin" in page.text
    assert keys(cast.vera, "/new") not in page.links


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


ADDRESS = {"REMOTE_ADDR": "203.0.113.9"}


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


def test_an_address_that_is_not_known_is_not_offered(alice):
    assert "Your address" not in Page(alice.http.get(keys(alice, "/new"), environ_base={"REMOTE_ADDR": ""})).text


def test_a_corrected_form_makes_the_key_although_it_was_refused_before(alice):
    assert submit(alice, name="").status_code == 422
    assert submit(alice).status_code == 201


def test_revoke_asks_first_and_acts_on_post(alice, app):
    created = alice.create_key(name="CI")
    path = keys(alice, f"/{created['id']}/revoke")
    Page(alice.http.get(path))
    assert app.test_client().get("/v1/me", headers={"x-api-key": created["key"]}).status_code == 200
    answer = alice.http.post(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, keys(alice))
    assert app.test_client().get("/v1/me", headers={"x-api-key": created["key"]}).status_code == 401
    assert "“CI” is revoked" in alice.http.get(keys(alice)).text
    assert "“CI” is revoked" not in alice.http.get(keys(alice)).text
    assert "This key is revoked" in Page(alice.http.get(path)).text


def test_rotate_asks_first_and_reveals_the_successor(alice, app):
    created = alice.create_key(name="CI")
    path = keys(alice, f"/{created['id']}/rotate")
    form = {"overlap": "3600", "submission_id": "form-0123456789abcdef"}
    Page(alice.http.get(path))
    answer = alice.http.post(path, data=form)
    key = revealed(answer)
    assert answer.status_code == 201
    page = Page(answer)
    assert "stops on" in page.text
    assert keys(alice, f"/{created['id']}") in page.links
    for working in (key, created["key"]):
        assert app.test_client().get("/v1/me", headers={"x-api-key": working}).status_code == 200
    assert alice.http.post(path, data=form).status_code == 409


def test_a_dead_key_is_not_rotated_and_the_page_says_what_to_do(alice):
    created = alice.create_key()
    alice.revoke(created["id"])
    path = keys(alice, f"/{created['id']}/rotate")
    assert "cannot be rotated" in Page(alice.http.get(path)).text
    answer = alice.http.post(path, data={"overlap": "0"})
    assert answer.status_code == 409
    assert "Create a new key" in Page(answer).text


def test_pages_show_only_what_the_role_may_do(cast):
    alices, bobs = cast.alice.create_key(name="A")["id"], cast.bob.create_key(name="B")["id"]
    seen = {
        actor.email: [
            key
            for key in (alices, bobs)
            if any(
                link.startswith(keys(actor, f"/{key}/revoke"))
                for link in Page(actor.http.get(keys(actor, f"/{key}"))).links
            )
        ]
        for actor in (cast.alice, cast.bob, cast.vera)
    }
    assert seen == {
        "alice@example.com": [alices, bobs],
        "bob@example.com": [bobs],
        "vera@example.com": [],
    }


def test_a_member_is_not_offered_keys_verify(cast):
    assert "keys:verify" in cast.alice.http.get(keys(cast.alice, "/new")).text
    assert "keys:verify" not in cast.bob.http.get(keys(cast.bob, "/new")).text


def test_a_stranger_gets_the_page_of_what_does_not_exist(cast):
    answer = cast.charlie.http.get(keys(cast.alice))
    assert answer.status_code == 404
    assert Page(answer).title == "Not found · Keydesk"
    assert cast.alice.org not in answer.text


def test_fifty_keys_a_page_and_a_way_to_the_older_ones(alice):
    for number in range(51):
        alice.create_key(name=f"Key {number}")
    first = Page(alice.http.get(keys(alice)))
    older = next(link for link in first.links if "cursor=" in link)
    assert first.text.count('<th scope="row">') == 50
    assert Page(alice.http.get(older)).text.count('<th scope="row">') == 1


CORPUS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{7*7}}",
    "javascript:alert(1)",
    "</title><svg onload=alert(1)>",
    "&lt;b&gt;",
]


@pytest.mark.parametrize("name", CORPUS)
def test_a_hostile_name_is_text_on_every_page_that_shows_it(alice, name):
    created = alice.create_key(name=name)
    pages = [alice.http.get(keys(alice))]
    pages += [alice.http.get(keys(alice, f"/{created['id']}/{act}")) for act in ("revoke", "rotate", "change")]
    pages += [alice.http.get(keys(alice, f"/{created['id']}"))]
    pages += [submit(alice, name=name), submit(alice, name=name)]
    pages += [alice.http.post(f"/orgs/{alice.org}/shown-key/test", data={"key": created["key"]})]
    pages += [alice.http.post(keys(alice, f"/{created['id']}/revoke"), follow_redirects=True)]
    for answer in pages:
        page = answer.text.replace("{{7*7}}", "")
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "<svg" not in re.sub('<svg class="(icon|spark)"', "", page)
        assert ">49<" not in page


def test_a_viewers_empty_list_gives_no_steps_that_they_may_not_take(cast):
    assert "Create a key" not in cast.vera.http.get(keys(cast.vera)).text
    assert "Create a key" in cast.alice.http.get(keys(cast.alice)).text


@pytest.mark.parametrize("action", ["revoke", "rotate", "change"])
def test_a_key_of_somebody_else_is_refused_when_asked_as_when_sent(cast, action):
    path = keys(cast.bob, f"/{cast.alice.create_key()['id']}/{action}")
    asked, sent = cast.bob.http.get(path), cast.bob.http.post(path, data={"overlap": "0"})
    assert (asked.status_code, sent.status_code) == (403, 403)
    assert "only the keys that belong to you" in asked.text


@pytest.mark.parametrize("action", ["revoke", "rotate", "change"])
def test_leaving_a_form_leads_back_to_where_it_was_opened(alice, action):
    key = alice.create_key()["id"]
    path, details = keys(alice, f"/{key}/{action}"), keys(alice, f"/{key}")
    default = details if action == "change" else keys(alice)
    for back, target in ((details, details), (keys(alice), keys(alice)), ("https://evil.example/", default)):
        assert target in Page(alice.http.get(path, query_string={"back": back})).links
    assert "evil" not in alice.http.get(path, query_string={"back": "//evil.example/"}).text


def test_older_keys_are_where_leaving_a_form_leads_back_to(alice, clock, monkeypatch):
    monkeypatch.setattr("app.web.key_list.PAGE_SIZE", 1)
    oldest = alice.create_key()["id"]
    clock.advance(seconds=1)
    alice.create_key()
    older = next(link for link in Page(alice.http.get(keys(alice))).links if "cursor=" in link)
    links = Page(alice.http.get(older)).links
    details = next(link for link in links if link.startswith(keys(alice, f"/{oldest}")))
    page = Page(alice.http.get(details))
    assert older in page.links
    asked = next(link for link in page.links if link.startswith(keys(alice, f"/{oldest}/revoke")))
    assert details in Page(alice.http.get(asked)).links


def test_a_refused_form_still_knows_where_leaving_leads_back_to(alice):
    details = keys(alice, f"/{alice.create_key()['id']}")
    assert details in Page(submit(alice, name=" ", back=details)).links


def test_every_problem_of_a_form_is_named_at_once_in_a_summary_that_has_the_focus(alice):
    sent = {"requests": "x", "seconds": "", "networks": "nowhere\n10.0.0.1/8", "expires": "soon"}
    page = submit(alice, name=" ", scopes=[], **sent).text
    assert 'role="alert" tabindex="-1" autofocus' in page
    for field in ("name", "scopes", "expires", "rate_limit.requests", "rate_limit.window_seconds", "networks"):
        assert f'<a href="#{field}">' in page
    assert "“nowhere” is not a network" in page
    assert "did you mean 10.0.0.0/8?" in page


def test_the_list_shows_the_last_seven_days_of_each_key(alice, app, clock):
    used, idle = alice.create_key(name="Used", scopes=["notes:read"]), alice.create_key(name="Idle")
    ask = app.test_client().get
    for _ in range(3):
        ask("/v1/me", headers={"x-api-key": used["key"]})
    clock.advance(days=1)
    for path in ("/v1/me", "/v1/telemetry", "/v1/telemetry"):
        ask(path, headers={"x-api-key": used["key"]})
    with app.app_context():
        app.extensions["runtime"].usage.flush()
    clock.advance(hours=2)
    rows = re.findall(r"<tr>.*?</tr>", alice.http.get(keys(alice)).text, re.DOTALL)
    idle_row, used_row = (next(row for row in rows if key["id"] in row) for key in (idle, used))
    assert "never" in idle_row
    assert "<rect" not in idle_row
    assert used_row.count("<rect") == 3
    for text in ("</svg>4<", ">2</strong>", ">2 h ago</time>"):
        assert text in used_row


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
