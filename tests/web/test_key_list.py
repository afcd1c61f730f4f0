"""The list of keys, by its address."""

import csv
import io
import re
from datetime import timedelta

import pytest

from app.services import operator_members
from app.services.key_list import CONDITIONS, OUTSIDE_POLICY, SORTS
from app.web.key_list import ORDERS, STATES
from tests.web.pages import Page

WHOLE = re.compile(r"whk_[0-9A-Za-z]{32}")


def keys(actor, tail=""):
    return f"/orgs/{actor.org}/keys{tail}"


def shown(actor, **query):
    """The names in the list, in its order."""
    text = Page(actor.http.get(keys(actor), query_string=query)).text
    return re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', text)


def search(actor, **form):
    return actor.http.post(keys(actor, "/search"), data=form)


def test_what_may_be_chosen_is_what_the_list_can_do():
    assert set(STATES) == {"all", *CONDITIONS, OUTSIDE_POLICY}
    assert set(ORDERS) == set(SORTS)


def test_it_shows_working_keys_unless_others_are_asked_for(alice):
    for name in ("alpha", "beta"):
        alice.create_key(name=name)
    alice.revoke(alice.create_key(name="gone")["id"])
    assert sorted(shown(alice)) == ["alpha", "beta"]
    assert shown(alice, state="revoked") == ["gone"]
    assert len(shown(alice, state="all")) == 3
    assert sorted(shown(alice, state="no such state", sort="nor such an order")) == ["alpha", "beta"]
    assert shown(alice, state="all", sort="name") == ["alpha", "beta", "gone"]


def test_keys_whose_owner_left_are_found_by_the_earlier_name_of_that_state_too(app, cast):
    alice, bob = cast.alice, cast.bob
    bob.create_key(name="of bob")
    with app.app_context():
        operator_members.remove_member(app.extensions["runtime"], bob.org, bob.email)
    for state in ("owner_left", "creator_left"):
        assert shown(alice, state=state) == ["of bob"]
    assert exported(alice, state="creator_left")[1]["state"] == "owner_left"


def test_with_all_keys_ended_it_says_so_and_shows_the_way_to_them(alice):
    alice.revoke(alice.create_key(name="gone")["id"])
    page = Page(alice.http.get(keys(alice)))
    assert "No working keys" in page.text
    assert keys(alice, "?state=all") in page.links


def test_it_shows_the_keys_of_an_owner_also_of_one_who_left(app, cast):
    alice, bob = cast.alice, cast.bob
    alice.create_key(name="of alice")
    alice.create_key(name="of all", owner=None)
    bob.create_key(name="of bob")
    with app.app_context():
        operator_members.remove_member(app.extensions["runtime"], bob.org, bob.email)
    for owner, name in ((alice.email, "of alice"), ("organization", "of all"), (bob.person_id, "of bob")):
        assert shown(alice, owner=owner) == [name]
        assert exported(alice, owner=owner)[1]["name"] == name
    text = alice.http.get(keys(alice, f"?owner={bob.email}")).text
    assert f'<option value="{bob.person_id}" selected>bob@example.com</option>' in text
    assert search(alice, owner="organization").location == keys(alice, "?owner=organization")


def test_an_owner_who_is_unknown_here_is_said_and_no_empty_list_is_shown(cast):
    alice, charlie = cast.alice, cast.charlie
    alice.create_key(name="of alice")
    for page in ("", "/export.csv"):
        answer = alice.http.get(keys(alice, f"{page}?owner={charlie.email}&state=all"))
        assert (answer.status_code, answer.location) == (303, keys(alice, "?state=all"))
    text = alice.http.get(answer.location).text
    assert "Nobody with that ID or email address is a member of alice’s organization or has keys there." in text
    assert "of alice" in text


def test_words_go_into_the_address_and_say_so_when_nothing_matches(alice):
    alice.create_key(name="Zürich & Co")
    answer = search(alice, q=" zÜr ", state="working", sort="created")
    assert answer.status_code == 303
    assert answer.location == keys(alice, "?q=z%C3%9Cr")
    assert shown(alice, q="zÜr") == ["Zürich &amp; Co"]
    page = Page(alice.http.get(keys(alice), query_string={"q": "<b>nothing"}))
    assert "“&lt;b&gt;nothing”" in page.text
    assert "No key matches" in page.text


def test_filters_and_order_stay_in_the_address_of_the_search(cast):
    answer = search(cast.alice, q="ci", state="failing", scope="agent:r", creator=cast.bob.person_id, sort="name")
    assert answer.location == keys(
        cast.alice, f"?q=ci&state=failing&scope=agent:r&creator={cast.bob.person_id}&sort=name"
    )


def test_keys_of_one_person(cast):
    cast.alice.create_key(name="of alice")
    cast.bob.create_key(name="of bob")
    assert shown(cast.alice, creator=cast.bob.person_id) == ["of bob"]


def test_a_whole_key_leads_to_its_page_and_stands_in_no_address_or_page(alice):
    made = alice.create_key()
    for text in (made["key"], f"  {made['key']}\n", f"x-api-key: {made['key']}", f'KEYDESK="{made["key"]}"'):
        answer = search(alice, q=text)
        assert (answer.status_code, answer.location) == (303, keys(alice, f"/{made['id']}"))
        assert not WHOLE.search(str(answer.headers) + answer.text)
        assert not WHOLE.search(alice.http.get(answer.location).text)


def test_a_whole_key_of_another_organization_is_not_named(cast, alice):
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    foreign = charlie.create_key()["key"]
    answer = search(alice, q=foreign)
    assert answer.location == keys(alice)
    text = alice.http.get(answer.location).text
    assert "not one of alice’s organization" in text
    assert not WHOLE.search(text)


def test_a_whole_key_in_an_address_is_not_searched_or_shown_and_is_dropped(alice):
    made = alice.create_key()
    answer = alice.http.get(keys(alice), query_string={"q": f"Bearer {made['key']}", "state": "all"})
    assert (answer.status_code, answer.location) == (303, keys(alice, "?state=all"))
    assert not WHOLE.search(answer.text + alice.http.get(answer.location).text)


def test_pages_say_where_they_are_and_lead_to_both_sides(alice, clock, monkeypatch):
    monkeypatch.setattr("app.web.key_list.PAGE_SIZE", 2)
    for number in range(5):
        alice.create_key(name=f"key {number}")
        clock.advance(seconds=1)
    page, seen = Page(alice.http.get(keys(alice))), []
    for label, position in (("Older keys", "1–2 of 5"), ("Older keys", "3–4 of 5"), (None, "5–5 of 5")):
        assert position in page.text
        seen += re.findall(r"key \d(?=</a>)", page.text)
        if label:
            url = re.search(rf'<a href="([^"]*)">{label}', page.text)[1]
            page = Page(alice.http.get(url))
    assert seen == [f"key {number}" for number in (4, 3, 2, 1, 0)]
    assert "Older keys" not in page.text
    newer = re.search(r'<a href="([^"]*)">Newer keys', page.text)[1]
    assert "3–4 of 5" in alice.http.get(newer).text
    assert alice.http.get(keys(alice), query_string={"cursor": "nonsense"}).location == keys(alice)


def test_what_needs_attention_is_counted_and_leads_to_those_keys(alice, clock):
    assert "Nothing needs your attention" not in alice.http.get(keys(alice)).text
    alice.create_key(name="fine", expires_in_days=30)
    assert "Nothing needs your attention." in alice.http.get(keys(alice)).text
    alice.create_key(name="soon", expires_in_days=3)
    alice.create_key(name="for ever")
    page = Page(alice.http.get(keys(alice)))
    assert "<strong>1</strong> expiring within 7 days" in page.text
    assert "<strong>1</strong> without an expiry" in page.text
    assert keys(alice, "?state=expiring") in page.links
    assert shown(alice, state="expiring") == ["soon"]
    replaced = alice.create_key(name="replaced", expires_in_days=30)["id"]
    alice.http.post(f"/v1/orgs/{alice.org}/keys/{replaced}/rotate", json={"overlap_seconds": 3600})
    assert "<strong>1</strong> expiring within 7 days" in alice.http.get(keys(alice)).text
    assert (shown(alice, state="expiring"), shown(alice, state="replaced")) == (["soon"], ["replaced"])
    clock.advance(days=91)
    alice.sign_in()
    assert shown(alice, state="unused") == ["for ever"]


def test_a_key_that_is_only_refused_is_failing(alice, app):
    made = alice.create_key(name="no scope", scopes=["notes:read"])
    app.test_client().get("/v1/telemetry", headers={"x-api-key": made["key"]})
    with app.app_context():
        app.extensions["runtime"].usage.flush()
    text = alice.http.get(keys(alice)).text
    assert "<strong>1</strong> failing today" in text
    assert 'class="state state-failing">Failing' in text
    assert '<small class="why">needs agent:r</small>' in text
    assert "Needs <code>agent:r</code>" in alice.http.get(keys(alice, f"/{made['id']}")).text


def test_coming_back_to_the_address_of_the_form_leads_to_the_list(alice):
    assert alice.http.get(keys(alice, "/search")).location == keys(alice)


def test_what_is_no_id_is_not_found(alice):
    for key in ("\x00", "é", "key_\n"):
        assert alice.http.post(keys(alice, "/revoke"), data={"key": key}).status_code == 404


def test_a_part_of_a_key_goes_into_no_address_either(alice):
    plaintext = alice.create_key()["key"]
    for text in (plaintext[:-1], "x" * 190 + plaintext):
        answer = search(alice, q=text)
        assert plaintext[:20] not in answer.location
        assert plaintext[:20] not in alice.http.get(answer.location).text


def test_signing_in_does_not_carry_a_key_on(app, alice):
    made = alice.create_key()
    answer = app.test_client().get(keys(alice), query_string={"q": made["key"]})
    assert not WHOLE.search(answer.location)
    assert alice.http.get(keys(alice, "/export.csv"), query_string={"q": made["key"]}).location == keys(
        alice, "/export.csv"
    )


def test_no_cell_becomes_a_formula_where_semicolons_separate(alice):
    alice.create_key(name="a;=1+cmd|' /C calc'!A0;b")
    assert exported(alice)[1]["name"] == "a;'=1+cmd|' /C calc'!A0;b"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1"])
def test_no_cell_of_the_export_is_a_formula(alice, name):
    alice.create_key(name=name)
    ((_, row),) = [exported(alice)]
    assert row["name"] == f"'{name}"


def exported(actor, **query):
    answer = actor.http.get(keys(actor, "/export.csv"), query_string=query)
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    return (answer.text, *rows)


def test_the_export_holds_what_the_list_shows_without_a_secret(alice, clock):
    made = alice.create_key(name='Two "quoted", and\tmore'.replace("\t", " "), expires_in_days=30)
    alice.revoke(alice.create_key(name="gone")["id"])
    text, row = exported(alice)
    assert not WHOLE.search(text)
    assert (row["id"], row["name"], row["state"]) == (made["id"], 'Two "quoted", and more', "active")
    assert row["expires_at"] == (clock.now + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (row["created_by"], row["last_let_through_at"]) == ("alice@example.com", "")
    assert len(exported(alice, state="all")) == 3


def test_a_search_says_how_many_ended_keys_match_too(alice, clock):
    alice.create_key(name="report")
    for _ in range(2):
        alice.revoke(alice.create_key(name="old report")["id"])
    page = Page(alice.http.get(keys(alice), query_string={"q": "report"}))
    assert "2 ended keys match, too:" in page.text
    assert keys(alice, "?q=report&amp;state=all") in page.links or keys(alice, "?q=report&state=all") in page.links
    none = Page(alice.http.get(keys(alice), query_string={"q": "old"})).text
    assert "No working key matches, but 2 that expired or were revoked." in none
    for query in ({}, {"q": "report", "state": "all"}, {"q": "zzz"}):
        assert "ended key" not in alice.http.get(keys(alice), query_string=query).text


def test_the_export_has_the_order_of_the_list(alice, clock):
    for name, days in (("beta", 30), ("alpha", None), ("gamma", 10)):
        clock.advance(seconds=1)
        alice.create_key(name=name, **({"expires_in_days": days} if days else {}))
    used = alice.create_key(name="delta")
    assert alice.http.get("/v1/me", headers={"x-api-key": used["key"]}).status_code == 200
    with alice.app.app_context():
        alice.app.extensions["runtime"].usage.flush()
    for sort in ORDERS:
        assert [row["name"] for row in exported(alice, sort=sort)[1:]] == shown(alice, sort=sort)
    assert [row["name"] for row in exported(alice, sort="used")[1:]] == ["delta", "gamma", "alpha", "beta"]


def test_the_file_is_named_after_the_organization_and_the_day(alice):
    answer = alice.http.get(keys(alice, "/export.csv"))
    assert answer.headers["Content-Disposition"] == "attachment; filename=keys-alices-organization-2026-04-16.csv"


def test_the_selection_is_asked_for_and_then_revoked_as_a_whole(alice):
    first, second, third = (alice.create_key(name=name)["id"] for name in ("one", "two", "three"))
    page = Page(alice.http.get(keys(alice, "/revoke"), query_string={"key": [first, second]}))
    assert "Revoke these 2 keys?" in page.text
    answer = alice.http.post(
        keys(alice, "/revoke"), data={"key": [first, second], "back": keys(alice, "?state=all&sort=name")}
    )
    assert answer.location == keys(alice, "?state=all&sort=name")
    assert "2 keys are revoked" in alice.http.get(answer.location).text
    assert shown(alice) == ["three"]
    assert alice.http.get(keys(alice, "/revoke"), query_string={"key": [third, "key_none"]}).status_code == 404


def test_nothing_selected_leads_back_and_says_so(alice):
    alice.create_key()
    answer = alice.http.get(keys(alice, "/revoke"))
    assert answer.location == keys(alice)
    assert "select at least one key" in alice.http.get(answer.location).text


def test_a_viewer_can_select_nothing(cast):
    cast.alice.create_key()
    text = Page(cast.vera.http.get(keys(cast.vera))).text
    assert 'type="checkbox"' not in text
    assert "Revoke selected" not in text
    assert cast.vera.http.get(keys(cast.vera, "/revoke")).status_code == 403
    assert len(exported(cast.vera)) == 2
