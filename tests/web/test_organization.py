"""Members, audit log and settings of an organization: what the pages say, and that it works."""

import html
import re
import shlex

import pytest
from click.testing import CliRunner

from app.cli import cli
from tests.web.pages import Page

PAGES = ("members", "audit-log", "settings")


def page(actor, name):
    return Page(actor.http.get(f"/orgs/{actor.org}/{name}"))


@pytest.mark.parametrize("name", PAGES)
def test_members_see_it_and_strangers_do_not(cast, name):
    assert page(cast.vera, name).title.endswith("· alice’s organization · Keydesk")
    assert cast.charlie.http.get(f"/orgs/{cast.alice.org}/{name}").status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_its_tab_is_marked(alice, name):
    assert f'href="/orgs/{alice.org}/{name}" aria-current="page"' in page(alice, name).text


def test_the_page_says_the_role(cast):
    assert "You are an owner of alice’s organization." in page(cast.alice, "members").text
    assert "You are a viewer of alice’s organization." in page(cast.vera, "members").text


@pytest.mark.parametrize("name", ["members", "settings"])
def test_commands_on_the_pages_exist(alice, name):
    commands = re.findall(r"\./keydesk ([^<]+)</code>", page(alice, name).text)
    assert commands
    for command in commands:
        group, action, *rest = shlex.split(html.unescape(command))
        assert rest[0] == alice.org
        result = CliRunner().invoke(cli, [group, action, *rest, "--help"])
        assert result.exit_code == 0, result.output


def test_the_audit_log_is_read_as_the_page_says(alice):
    text = html.unescape(page(alice, "audit-log").text)
    assert "curl http://localhost:7860/v1/audit -H 'x-api-key: KEY'" in text
    key = alice.create_key(name="Reader", scopes=["agent:r"])["key"]
    answer = alice.app.test_client().get("/v1/audit", headers={"x-api-key": key})
    assert answer.get_json()["data"][0]["action"] == "key.created"


def test_who_may_not_create_keys_is_offered_none(cast):
    assert "New key" in page(cast.alice, "audit-log").text
    assert "New key" not in page(cast.vera, "audit-log").text
