"""The audit log of an organization: what the page says, and that it works."""

import html

from tests.web.pages import Page


def page(actor):
    return Page(actor.http.get(f"/orgs/{actor.org}/audit-log"))


def test_members_see_it_and_strangers_do_not(cast):
    assert page(cast.vera).title.endswith("· alice’s organization · Keydesk")
    assert cast.charlie.http.get(f"/orgs/{cast.alice.org}/audit-log").status_code == 404


def test_its_tab_is_marked(alice):
    assert f'href="/orgs/{alice.org}/audit-log" aria-current="page"' in page(alice).text


def test_the_audit_log_is_read_as_the_page_says(alice):
    text = html.unescape(page(alice).text)
    assert "curl http://localhost:7860/v1/audit -H 'x-api-key: KEY'" in text
    key = alice.create_key(name="Reader", scopes=["agent:r"])["key"]
    answer = alice.app.test_client().get("/v1/audit", headers={"x-api-key": key})
    assert answer.get_json()["data"][0]["action"] == "key.created"


def test_who_may_not_create_keys_is_offered_none(cast):
    assert "New key" in page(cast.alice).text
    assert "New key" not in page(cast.vera).text
