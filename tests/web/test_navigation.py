"""The frame of every page: header and footer."""

import re

import pytest

from app.domain.member_roles import Role
from tests.actors import Actor
from tests.databases import statements
from tests.web.pages import Page

#: Pages that belong to no organization.
OUTSIDE = ("/sessions", "/device", "/guide", "/docs", "/install-ids", "/no/such/page")

READS_ORGANIZATIONS = re.compile(r"SELECT organization\.id, organization\.name, membership\.role")


def header(answer):
    Page(answer)
    return re.search(r'<header class="top">.*?</header>', answer.text, re.DOTALL)[0]


def shown(answer):
    """The name of the organization in the header; None: it shows none."""
    found = re.search(r'class="org-name">(.*?)</span>', header(answer))
    return found and found[1]


@pytest.fixture
def charlie_in_two(cast, clock):
    """Charlie, who owns an organization and is a viewer in Alice's."""
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    clock.advance(minutes=1)
    cast.join(charlie, cast.alice.org, Role.VIEWER)
    return charlie


@pytest.mark.parametrize("path", OUTSIDE)
def test_every_page_has_the_tabs_of_ones_only_organization(alice, path):
    page = alice.http.get(path)
    assert shown(page) == "alice’s organization"
    assert f'href="/orgs/{alice.org}/keys"' in header(page)


@pytest.mark.parametrize("path", ["/sign-in", "/guide", "/docs", "/install-ids", "/no/such/page"])
def test_strangers_get_docs_and_sign_in(app, path):
    page = app.test_client().get(path)
    assert shown(page) is None
    assert re.findall(r">([^<>\n]+)</a>", header(page)) == ["Keydesk", "Docs", "Sign in"]


def test_the_switcher_names_the_role_beside_each_organization(cast, charlie_in_two):
    entries = re.findall(r"<span>(.*?)</span> <small>(\w+)</small>", header(charlie_in_two.http.get("/sessions")))
    assert set(entries) == {("charlie’s organization", "owner"), ("alice’s organization", "viewer")}


@pytest.mark.parametrize("path", ["/", "/sessions", "/account/mails"])
def test_organizations_of_the_same_name_are_told_apart_by_their_ids_and_others_show_none(cast, charlie_in_two, path):
    charlie = charlie_in_two
    assert 'class="org-id"' not in charlie.http.get(path).text
    twin = charlie.http.post("/v1/orgs", json={"name": "Charlie’s Organization"}).get_json()["data"]["id"]
    page = charlie.http.get(path)
    body = page.text.replace(header(page), "")
    for org, is_shown in ((charlie.org, True), (twin, True), (cast.alice.org, False)):
        assert (f'<small class="org-id">{org}</small>' in header(page)) is is_shown
        assert (f'<small class="org-id">{org}</small>' in body) is is_shown
    assert f"…{twin[-4:]}</small>" in header(charlie.http.get(f"/orgs/{twin}/keys"))


def test_the_organization_that_was_looked_at_last_stays_on_pages_outside_of_one(cast, charlie_in_two):
    for org, name in ((cast.alice.org, "alice’s organization"), (charlie_in_two.org, "charlie’s organization")):
        assert shown(charlie_in_two.http.get(f"/orgs/{org}/keys")) == name
        for path in OUTSIDE:
            assert shown(charlie_in_two.http.get(path)) == name


def test_what_is_remembered_is_a_preference_and_opens_nothing(charlie_in_two):
    stranger = Actor(charlie_in_two.app, "stranger").sign_in().own_organization()
    charlie_in_two.http.set_cookie("whs_org", stranger)
    assert shown(charlie_in_two.http.get("/sessions")) == "charlie’s organization"


def test_nothing_is_remembered_of_people_in_one_organization(alice):
    answer = alice.http.get(f"/orgs/{alice.org}/keys")
    assert "Set-Cookie" not in answer.headers
    assert alice.http.get_cookie("whs_org") is None


def test_the_cookie_is_http_only_and_lax(cast, charlie_in_two):
    cookie = charlie_in_two.http.get(f"/orgs/{cast.alice.org}/keys").headers["Set-Cookie"]
    assert cookie.startswith(f"whs_org={cast.alice.org};")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_the_tab_of_the_page_is_marked_and_so_is_the_one_it_belongs_to(alice):
    key = alice.create_key(name="CI")["id"]
    keys = f"/orgs/{alice.org}/keys"
    for path, current in ((keys, "page"), (f"{keys}/new", "true"), (f"{keys}/{key}", "true")):
        assert f'href="{keys}" aria-current="{current}">Keys' in header(alice.http.get(path))
    assert f'href="{keys}">Keys' in header(alice.http.get("/sessions"))


def test_no_tab_leads_to_a_page_that_does_not_exist(alice):
    for link in Page(alice.http.get(f"/orgs/{alice.org}/keys")).links:
        assert link == "#main" or alice.http.get(link).status_code in {200, 302}, link


def test_the_footer_leads_to_the_docs_and_the_accessibility_page_and_says_the_version(app):
    footer = app.test_client().get("/sign-in").text.partition('<footer class="foot">')[2]
    assert re.findall(r'href="(.*?)"', footer) == ["/guide", "/guide/agents", "/device", "/accessibility"]
    assert "Keydesk 0.1.0" in footer


@pytest.mark.parametrize("path", ["/orgs/{org}/keys", "/orgs/{org}/members", "/sessions", "/device"])
def test_a_page_reads_the_organizations_of_the_person_once(app, alice, path):
    with app.app_context(), statements() as sent:
        assert alice.http.get(path.format(org=alice.org)).status_code == 200
    assert len([statement for statement in sent if READS_ORGANIZATIONS.search(statement)]) == 1
