"""The audit log of an organization: what the page says, and that it works."""

import csv
import html
import io
import json
import re

from markupsafe import Markup
from sqlalchemy import text

from app.domain import verifiable_audit_file
from app.domain.key_settings import KeySettings
from app.extensions import db
from app.services import operator_keys, operator_organizations
from app.store.transaction import transaction
from tests.web.pages import Page


def page(person, **asked):
    return Page(person.http.get(f"/orgs/{person.org}/audit-log", query_string=asked))


def sentences(person, **asked):
    rows = re.findall(r"<td>(<strong>.*?)\n", page(person, **asked).text)
    return [Markup(row).striptags() for row in rows]


def test_members_see_it_and_strangers_do_not(cast):
    assert page(cast.bob).title.endswith("· alice’s organization · Keydesk")
    assert cast.charlie.http.get(f"/orgs/{cast.alice.org}/audit-log").status_code == 404


def test_its_tab_is_marked(alice):
    assert f'href="/orgs/{alice.org}/audit-log" aria-current="page"' in page(alice).text


def test_the_audit_log_is_read_as_the_page_says(alice):
    text = html.unescape(page(alice).text)
    assert "curl http://localhost:7860/v1/audit -H 'x-api-key: KEY'" in text
    key = alice.create_key(name="Reader", scopes=["agent:r"])["key"]
    answer = alice.app.test_client().get("/v1/audit", headers={"x-api-key": key})
    assert answer.get_json()["data"][0]["action"] == "key.created"


def test_viewers_are_told_why_they_do_not_see_it(cast):
    cast.alice.create_key(name="etl")
    shown = page(cast.vera).text
    assert "Your role, viewer, does not let you read it" in shown
    assert "etl" not in shown
    assert "audit-log?action" not in cast.vera.http.get(f"/orgs/{cast.alice.org}/members").text


def test_it_says_who_did_what_newest_first(cast):
    key = cast.bob.create_key(name="etl")["id"]
    cast.alice.revoke(key)
    shown = page(cast.alice)
    assert sentences(cast.alice)[:2] == ["alice@example.com revoked etl", "bob@example.com created etl"]
    assert f'href="/orgs/{cast.alice.org}/keys/{key}?back=' in shown.text
    assert 'title="16 April 2026, 12:00 UTC">just now' in shown.text


def test_filters_are_in_the_address_and_combine(cast, app, runtime, clock):
    key = cast.bob.create_key(name="etl")["id"]
    cast.alice.create_key(name="report")
    clock.advance(days=1)
    cast.alice.revoke(key)
    with app.app_context():
        operator_keys.create_key(runtime, KeySettings(name="worker"), org=cast.alice.org)
    revoked, made = "alice@example.com revoked etl", "bob@example.com created etl"
    by_operator = "The operator created worker"
    assert sentences(cast.alice, key=key) == [revoked, made]
    assert sentences(cast.alice, key=key, actor="bob@example.com") == [made]
    assert sentences(cast.alice, actor="operator") == [by_operator]
    assert sentences(cast.alice, action="ended") == [revoked]
    assert sentences(cast.alice, action="made", actor="bob@example.com") == [made]
    assert sentences(cast.alice, since="2026-04-17") == [by_operator, revoked]
    assert sentences(cast.alice, action="made", until="2026-04-16")[1:] == [made]
    assert sentences(cast.alice, action="nonsense", since="yesterday", until="9999-99-99")[0] == by_operator


def test_what_is_filtered_by_is_chosen_in_the_form(cast):
    key = cast.bob.create_key(name="etl")["id"]
    shown = page(cast.bob, key=key, actor="somebody@else.test", action="people", until="2026-04-01").text
    for option in (f'"{key}" selected>etl', '"somebody@else.test" selected', '"people" selected'):
        assert f"<option value={option}" in shown
    assert 'value="2026-04-01"' in shown
    assert 'value="bob@example.com">Me<' in shown
    assert "No entry matches" in shown


def test_pages_follow_each_other_with_the_same_filter(app, runtime, alice):
    with app.app_context():
        for _ in range(30):
            for disabled in (True, False):
                operator_organizations.set_organization_disabled(runtime, alice.org, disabled=disabled)
    first = page(alice, actor="operator", action="organization")
    older = re.search(r'href="([^"]+)">Older entries', first.text)
    second = alice.http.get(html.unescape(older[1])).text
    assert (first.text.count("<strong>The operator"), second.count("<strong>The operator")) == (50, 10)
    assert "Older entries" not in second
    assert "Newest entries" in second
    assert alice.http.get(f"/orgs/{alice.org}/audit-log?cursor=nonsense").status_code == 303


def exported(person, ending, **asked):
    answer = person.http.get(f"/orgs/{person.org}/audit-log/export.{ending}", query_string=asked)
    assert answer.status_code == 200
    return answer


def test_the_whole_log_as_a_file_can_be_checked(alice):
    alice.create_key(name="etl “é”")
    answer = exported(alice, "jsonl")
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=audit-log-alices-organization-2026-04-16.jsonl"
    )
    lines = answer.text.splitlines(keepends=True)
    found = verifiable_audit_file.check(lines)
    assert (found.org_id, found.entries, found.problem) == (alice.org, 3, None)
    assert verifiable_audit_file.check([*lines[:2], *lines[3:]]).problem


def test_a_part_of_the_log_says_that_it_proves_nothing(alice):
    key = alice.create_key(name="etl")["id"]
    note, only = map(json.loads, exported(alice, "jsonl", key=key).text.splitlines())
    assert note == {"note": verifiable_audit_file.PROVES_NOTHING, "filter": {"key": key}}
    assert (only["at"], only["details"]["name"]) == ("2026-04-16T12:00:00Z", "etl")


def test_a_csv_has_what_is_shown_no_formulas_and_says_that_it_proves_nothing_in_as_many_columns(cast):
    cast.bob.create_key(name="etl")
    cast.alice.create_key(name='=HYPERLINK("x")')
    columns, *rows, note = csv.reader(io.StringIO(exported(cast.alice, "csv", action="made").text, newline=""))
    assert columns == ["sequence", "id", "at", "actor", "action", "target", "details"]
    assert [row[3] for row in rows] == ["alice@example.com", "bob@example.com"]
    assert note == [""] * 6 + [verifiable_audit_file.PROVES_NOTHING]
    assert {len(row) for row in rows} == {len(columns)}
    assert not any(cell.lstrip().startswith("=") for row in rows for cell in row)


def test_the_page_leads_to_the_files_of_what_it_shows(alice):
    alice.create_key(name="etl")
    shown = html.unescape(page(alice, action="made").text)
    for ending in ("csv", "jsonl"):
        assert f"/orgs/{alice.org}/audit-log/export.{ending}?action=made" in shown
    assert f'href="/orgs/{alice.org}/audit-log/export.jsonl">Download the whole log' in shown


def test_it_is_checked_by_a_button_and_a_broken_log_is_said_at_the_top(alice, app, clock):
    check = f"/orgs/{alice.org}/audit-log/check"
    assert "Not checked yet." in page(alice).text
    assert "The log is whole up to entry 2." in alice.http.post(check, follow_redirects=True).text
    assert "less than a minute ago" in alice.http.post(check, follow_redirects=True).text
    assert "Whole up to entry 2, checked" in page(alice).text
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE audit_entry SET actor = 'nobody' WHERE sequence = 2"))
    clock.advance(minutes=1)
    shown = alice.http.post(check, follow_redirects=True).text
    assert "entry 2 was changed or is missing" in shown
    assert shown.index("entry 2 was changed") < shown.index("Who did it")
    assert "Whole up to" not in shown
