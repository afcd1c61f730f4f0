"""Templates for a new key: what each fills in, whatever the policy says, and for whom it is offered."""

import re
from dataclasses import replace

import pytest

from app.domain.route_policy import Policy, Route, Scope
from tests.web.pages import Page


def new(actor, query=""):
    return Page(actor.http.get(f"/orgs/{actor.org}/keys/new{query}"))


def offered(actor):
    """The scopes that each template on the page names."""
    items = re.findall(r'template=([a-z-]+)"(.*?)</li>', new(actor).text, re.DOTALL)
    return {template: re.findall("<code>(.*?)</code>", text) for template, text in items}


def ticked(page):
    return re.findall(r'value="(\S+)" checked', page.text)


@pytest.fixture
def with_policy(set_settings):
    def with_policy(*routes, default=("agent",), **scopes):
        made = {
            name.replace("_", ":"): Scope(name.replace("_", ":"), "A scope", grants) for name, grants in scopes.items()
        }
        set_settings(policy=Policy(made, default, routes))

    return with_policy


def test_the_shipped_policy_has_all_four(alice):
    assert offered(alice) == {
        "ci": ["cache:invalidate"],
        "back-end": ["notes:write"],
        "read-only": ["agent:r", "notes:read"],
        "agent": ["agent:rw"],
    }


@pytest.mark.parametrize(
    ("template", "scopes", "expires"),
    [
        ("ci", ["cache:invalidate"], "90"),
        ("back-end", ["notes:write"], "365"),
        ("read-only", ["agent:r", "notes:read"], "90"),
        ("agent", ["agent:rw"], "30"),
    ],
)
def test_a_template_fills_in_scopes_and_expiry_but_no_name_and_makes_no_key(alice, template, scopes, expires):
    page = new(alice, f"?template={template}")
    assert 'name="name" value=""' in page.text
    assert ticked(page) == scopes
    assert f'<option value="{expires}" selected>' in page.text
    assert f'template={template}" aria-current="true"' in page.text
    assert len(re.findall(r'template=[a-z-]+" aria-current', page.text)) == 1
    assert "A link filled in this form" not in page.text
    assert alice.http.get(f"/v1/orgs/{alice.org}/keys").get_json()["data"] == []


def test_the_form_of_a_template_makes_its_key(alice):
    for template in offered(alice):
        page = new(alice, f"?template={template}")
        sent = {"name": template, "scopes": ticked(page), "expires": "90"}
        assert alice.http.post(f"/orgs/{alice.org}/keys/new", data=sent).status_code == 201


def test_a_template_leads_back_to_where_the_form_was_opened(alice):
    back = f"/orgs/{alice.org}/keys?cursor=x"
    links = new(alice, f"?back={back.replace('?', '%3F')}").links
    template = next(link for link in links if "template=ci" in link)
    assert back in Page(alice.http.get(template)).links


@pytest.mark.parametrize("template", ["nope", "<b>", "x" * 3000])
def test_a_template_that_there_is_not_is_said(alice, template):
    page = new(alice, f"?template={template}")
    assert "There is no template “" in page.text
    assert ticked(page) == []
    assert "x" * 41 not in page.text


def test_another_policy_has_templates_of_its_own(alice, with_policy):
    orders = ("orders:read", "orders:write")
    with_policy(
        Route("GET", "/orders", "orders:read"),
        Route("POST", "/orders", "orders:write"),
        Route("POST", "/search", "search:read"),
        agent=(),
        orders_read=(),
        orders_write=("orders:read",),
        bills_write=(),
        all_write=("bills:write", *orders),
        search_read=(),
        stock_read=(),
    )
    # search:read is named as if it only read, but opens a POST; without a route the name alone counts.
    assert offered(alice) == {
        "back-end": ["all:write"],
        "read-only": ["orders:read", "stock:read"],
        "agent": ["agent"],
    }


def test_scopes_that_include_each_other_are_one(alice, with_policy):
    with_policy(agent=(), a_write=("b:write",), b_write=("a:write",))
    assert offered(alice)["back-end"] == ["a:write"]


def test_what_the_member_may_not_give_is_in_no_template(cast, runtime, set_settings):
    policy = runtime.settings.policy
    more = {
        "keys:read": Scope("keys:read", "Reserved", ("keys:verify",)),
        "bills:write": Scope("bills:write", "The operator's", operators_only=True),
    }
    set_settings(policy=replace(policy, scopes=policy.scopes | more, default_scopes=("keys:read",)))
    mine, bobs = offered(cast.alice), offered(cast.bob)
    assert mine["back-end"] == bobs["back-end"] == ["notes:write"]
    assert mine["agent"] == ["keys:read"]
    assert "agent" not in bobs
    assert "There is no template “agent”" in new(cast.bob, "?template=agent").text


def test_without_templates_there_is_no_heading_for_them(cast, runtime, set_settings):
    verify = runtime.settings.policy.scopes["keys:verify"]
    set_settings(policy=Policy({"keys:verify": verify}, ("keys:verify",), ()))
    assert "Start from a template" not in new(cast.bob).text
    assert offered(cast.alice) == {"agent": ["keys:verify"]}
