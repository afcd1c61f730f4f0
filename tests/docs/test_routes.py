"""docs/routes.md lists what the application serves, and no more."""

import re

import pytest

from app import create_app
from app.api.openapi_document import operations
from app.cli import cli
from app.config import load_settings
from app.http.guards import RequireScope
from tests.docs.pages import DOCS, code, rows, section

PAGE = DOCS / "routes.md"


@pytest.fixture
def whole_app(tmp_path):
    """With the routes that are switched off by default, too."""
    return create_app(load_settings({"ENABLE_TEST_TOKEN_ENDPOINT": "true"}, instance_path=tmp_path))


def written(rule):
    """`/orgs/<org>` as documents write it: `/orgs/{org}`."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def test_every_route_is_listed(whole_app):
    listed = [route for route, *_ in rows(PAGE.read_text()) for route in code(route)]
    served = {
        f"{method} {written(rule.rule)}"
        for rule in whole_app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    before_flask = {f"ANY {operation.path}" for operation in operations.BEFORE_FLASK}
    assert sorted(listed) == sorted(served | before_flask)


def test_scopes_are_those_of_the_route_table(whole_app):
    policy = whole_app.extensions["runtime"].settings.policy
    for routes, scope in rows(section(PAGE, "For holders of a key")):
        for route in code(routes):
            method, path = route.split(" ")
            found = policy.route(method, path)
            assert scope == (f"`{found.scope}`" if found else "any"), route


def test_all_routes_with_a_scope_are_among_those_for_holders_of_a_key(whole_app):
    listed = {
        route.split(" ")[1] for routes, _ in rows(section(PAGE, "For holders of a key")) for route in code(routes)
    }
    scoped = {
        written(rule.rule)
        for rule in whole_app.url_map.iter_rules()
        if isinstance(whole_app.view_functions[rule.endpoint].guard, RequireScope)
    }
    assert scoped <= listed


def test_every_command_is_listed():
    named = section(PAGE, "For operators, on the command line").partition("needs no server:")[2]
    assert sorted(set(code(named)) - {"--help"}) == sorted(cli.list_commands(None))
