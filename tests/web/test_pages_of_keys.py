"""What all pages of keys have in common: who may do what, where leaving leads, hostile names."""

import re

import pytest

from tests.web.forms_for_keys import keys, submit
from tests.web.pages import CORPUS, Page


def test_no_keys_yet_teaches_what_a_key_is(alice):
    page = Page(alice.http.get(keys(alice)))
    assert "No keys yet" in page.text
    assert keys(alice, "/new") in page.links


def test_a_viewer_is_told_whom_to_ask_instead_of_offered_a_button(cast):
    page = Page(cast.vera.http.get(keys(cast.vera)))
    assert "Ask an owner or admin" in page.text
    assert keys(cast.vera, "/new") not in page.links


def test_an_address_that_is_not_known_is_not_offered(alice):
    assert "Your address" not in Page(alice.http.get(keys(alice, "/new"), environ_base={"REMOTE_ADDR": ""})).text


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
