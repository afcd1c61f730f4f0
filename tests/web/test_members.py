"""Members of an organization: what the page says, and that it works."""

import html
import re
import shlex

from click.testing import CliRunner

from app.cli import cli
from tests.web.pages import Page


def page(actor):
    return Page(actor.http.get(f"/orgs/{actor.org}/members"))


def test_members_see_it_and_strangers_do_not(cast):
    assert page(cast.vera).title.endswith("· alice’s organization · Keydesk")
    assert cast.charlie.http.get(f"/orgs/{cast.alice.org}/members").status_code == 404


def test_its_tab_is_marked(alice):
    assert f'href="/orgs/{alice.org}/members" aria-current="page"' in page(alice).text


def test_the_page_says_the_role(cast):
    assert "You are an owner of alice’s organization." in page(cast.alice).text
    assert "You are a viewer of alice’s organization." in page(cast.vera).text


def test_commands_on_the_page_exist(alice):
    commands = re.findall(r"\./keydesk ([^<]+)</code>", page(alice).text)
    assert commands
    for command in commands:
        group, action, *rest = shlex.split(html.unescape(command))
        assert rest[0] == alice.org
        result = CliRunner().invoke(cli, [group, action, *rest, "--help"])
        assert result.exit_code == 0, result.output
