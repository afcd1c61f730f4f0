"""The usage page of an organization."""

import html
import re

import pytest
from flask import render_template_string

from app.domain.key_verification import Outcome
from app.domain.usage_span import Span
from app.extensions import db
from app.services import credits, key_verification, usage_report
from app.store import memberships
from app.store.transaction import transaction
from app.web.usage import asked_span
from tests.web.pages import Page


@pytest.fixture
def use(app):
    def use(key, let_through=0, refused=0, cost=0):
        with app.app_context():
            runtime = app.extensions["runtime"]
            for scope, times in ((None, let_through), ("keys:verify", refused)):
                for _ in range(times):
                    key_verification.verify(runtime, key["key"], scope=scope, cost=cost)
            runtime.usage.flush()

    return use


def usage(actor, query=""):
    return Page(actor.http.get(f"/orgs/{actor.org}/usage{query}"))


def rows(page, section):
    """The cells of the table in a section, as one reads them."""
    part = page.text.split(f'<h2 id="{section}">')[1].split("</section>")[0]
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in part.split("<tr>")[2:]]
    return [[" ".join(html.unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in row] for row in found]


def test_every_member_may_read_it_and_its_tab_is_marked(cast):
    for actor in (cast.alice, cast.adam, cast.bob, cast.vera):
        page = usage(actor)
        assert page.title == "Usage · alice’s organization · Keydesk"
        assert f'href="/orgs/{actor.org}/usage" aria-current="page">Usage' in page.text


def test_strangers_and_removed_members_do_not_see_it(cast):
    assert cast.charlie.http.get(f"/orgs/{cast.alice.org}/usage").status_code == 404
    bob, person_id = cast.bob, cast.bob.person_id
    assert bob.http.get(f"/orgs/{bob.org}/usage").status_code == 200
    with cast.alice.app.app_context(), transaction():
        memberships.remove(bob.org, person_id)
    assert bob.http.get(f"/orgs/{bob.org}/usage").status_code == 404
    answer = cast.nobody().http.get(f"/orgs/{cast.alice.org}/usage?range=30d")
    assert (answer.status_code, answer.headers["Location"][:14]) == (302, "/sign-in?next=")


def test_without_requests_it_says_so_for_the_span_that_is_shown(alice):
    assert "No requests in the last 7 days" in usage(alice).text
    page = usage(alice, "?range=24h")
    assert "No requests in the last 24 hours" in page.text
    assert '<div class="chart"' not in page.text
    for span in Span:
        assert f"/orgs/{alice.org}/usage?range={span}" in page.links


def test_the_numbers_of_the_chart_are_in_its_table(alice, use, clock):
    use(alice.create_key(name="CI"), 3, 1)
    clock.advance(days=1)
    use(alice.create_key(name="Other"), 1234)
    page = usage(alice)
    assert rows(page, "requests") == [
        ["17 April 2026", "1,234", "0"],
        ["16 April 2026", "3", "1"],
        *([f"{day} April 2026", "0", "0"] for day in range(15, 10, -1)),
    ]
    assert '<dt class="total-ok">Let through</dt><dd>1,237</dd>' in page.text
    assert "16 Apr: 3 let through, 1 refused" in page.text
    hours = rows(usage(alice, "?range=24h"), "requests")
    assert (len(hours), hours[0]) == (24, ["17 April 2026, 12:00", "1,234", "0"])
    assert len(rows(usage(alice, "?range=30d"), "requests")) == 30


def test_the_most_active_keys_are_linked_and_say_what_was_refused(alice, use):
    few, many = alice.create_key(name="Few"), alice.create_key(name="Many")
    use(few, 1, 2)
    use(many, 4)
    page = usage(alice)
    assert [(row[0].split()[0], *row[1:]) for row in rows(page, "active")] == [("Many", "4", "0"), ("Few", "1", "2")]
    (link,) = (link for link in page.links if few["id"] in link)
    assert "Few" in alice.http.get(html.unescape(link)).text


def test_a_key_may_be_called_anything(alice, use):
    key = alice.create_key(name="<script>alert(1)</script>")
    use(key, 1, cost=1)
    page = usage(alice)
    assert page.text.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2
    assert "<script>alert" not in page.text


def test_it_says_why_requests_were_refused_and_the_way_out(alice, use):
    revoked = alice.create_key(name="Old")
    alice.revoke(revoked["id"])
    use(revoked, 2)
    use(alice.create_key(name="CI"), 0, 1)
    assert rows(usage(alice), "refusals") == [
        ["The key is revoked Create a new key, and put it where the old one is still used.", "2"],
        ["The key does not have the scope Add the scope to the key, or use a key that has it.", "1"],
    ]


def test_the_totals_stand_at_the_top_with_what_refused_means(alice, use):
    use(alice.create_key(name="CI"), 1, 2)
    page = usage(alice)
    said = " ".join(re.sub("<[^>]*>", "", page.text).split())
    assert "Since 10 April 2026, 00:00 UTC, 1 request was let through and 2 requests were refused." in said
    assert "A request is refused if its key is not good for it" in said
    assert '<a href="#refusals">See why requests were refused</a>' in page.text


def test_without_refusals_it_says_so(alice, use):
    use(alice.create_key(name="CI"), 1)
    assert "No request was refused." in usage(alice).text


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.VALID, Outcome.NOT_FOUND}))
def test_every_outcome_is_told_in_words_with_a_way_out(app, outcome):
    source = (
        '{% from "components/refusal.html" import refused_because, way_out %}{{ refused_because(o) }}|{{ way_out(o) }}'
    )
    with app.test_request_context("/"):
        why, _, way_out = render_template_string(source, o=outcome.value).partition("|")
    assert outcome not in why
    assert way_out.endswith(".")
    assert "Look the code up" not in way_out


def test_credits_are_shown_with_the_last_changes(app, cast, use):
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    key = charlie.create_key(name="CI")
    with app.app_context():
        credits.grant(app.extensions["runtime"], charlie.org, 50, actor="operator")
    use(key, 1, cost=7)
    page = usage(charlie)
    assert re.findall(r"<dt>(\w+)</dt><dd>([\d,]+)</dd>", page.text) == [
        ("Balance", "1,043"),
        ("Used", "7"),
        ("Granted", "1,050"),
    ]
    assert sorted(row[1:] for row in rows(page, "credits")) == [
        ["Granted by the operator", "+50"],
        ["Sign-up", "+1,000"],
        ["Used by CI", "−7"],
    ]


def test_an_install_id_that_used_credits_is_not_shown(app, cast):
    install_id = cast.install_id()
    with app.app_context():
        verified = key_verification.verify_install(app.extensions["runtime"], install_id, None, 5)
    assert verified.outcome is Outcome.VALID
    page = usage(cast.vera)
    assert "Used by an install ID" in page.text
    assert install_id not in page.text


def test_an_organization_without_credits_learns_who_grants_them(app, alice):
    with app.app_context(), transaction():
        db.session.execute(db.text("DELETE FROM credit_entry"))
    assert "the operator grants them" in usage(alice).text


def test_the_chart_of_one_key_counts_that_key_alone(app, alice, use, clock):
    one, other = alice.create_key(name="One"), alice.create_key(name="Other")
    use(one, 2, 1)
    use(other, 5)
    source = (
        '{% from "components/usage_chart.html" import usage_chart, usage_ranges %}'
        "{{ usage_ranges(series, 'key_page.show', {'org': 'org_1', 'key': 'key_1'}) }}{{ usage_chart(series) }}"
    )
    with app.test_request_context("/"):
        series = usage_report.series(alice.org, Span.DAY, clock.now, key_id=one["id"])
        text = render_template_string(source, series=series)
    assert 'href="/orgs/org_1/keys/key_1?range=24h" aria-current="true"' in text
    assert "12:00 UTC: 2 let through, 1 refused" in text


@pytest.mark.parametrize(("query", "span"), [("", Span.WEEK), ("?range=24h", Span.DAY), ("?range=99y", Span.WEEK)])
def test_the_span_is_that_of_the_address_or_a_week(app, query, span):
    with app.test_request_context(f"/{query}"):
        assert asked_span() is span
