"""The guide says what holds on this server: its address, its scopes, the errors that a key can meet."""

import re
from dataclasses import replace

import pytest

from app.domain.key_origin import KeyOrigin
from app.domain.route_policy import Route, Scope
from app.http.guards import RequireScope
from app.http.problem_details import status_of
from tests.web.pages import Page

NOT_FOR_KEYS = {"FORBIDDEN", "INSTALL_ID_SUNSET"}


@pytest.fixture
def guide(app):
    return Page(app.test_client().get("/guide"))


def test_every_error_that_a_key_can_meet_is_there_with_its_status_and_a_way_out(guide):
    listed = re.findall(r"<dt>(\d+) <code>(\w+)</code></dt>\s*<dd>(.+)</dd>", guide.text)
    shown = {(int(status), code) for status, code, _ in listed}
    assert shown >= {
        (status_of(kind), kind.error_code) for kind in RequireScope.errors if kind.error_code not in NOT_FOR_KEYS
    }
    assert [code for _, code, text in listed if text.count(".") < 2] == []


def test_a_missing_key_reads_as_in_the_response(app, guide):
    answer = app.test_client().get("/v1/telemetry").get_json()
    assert (answer["error_code"], answer["detail"] in guide.text) == ("MISSING_CREDENTIAL", True)


def test_it_says_what_each_prefix_of_a_key_means(app, set_settings):
    set_settings(key_prefix="acme_", agent_key_prefix="acme_agent_", sign_up_key_prefix="acme_new_")
    text, settings = Page(app.test_client().get("/guide")).text, app.extensions["runtime"].settings
    for prefix in {settings.prefix_of(origin) for origin in KeyOrigin if origin is not KeyOrigin.TEST}:
        assert f"<li><code>{prefix}</code>: made " in text


def test_every_scope_is_there_with_the_routes_that_it_opens(app, set_settings, runtime):
    policy = runtime.settings.policy
    scopes = {
        "reports:<read>": Scope("reports:<read>", "Read & print"),
        "all": Scope("all", "All", ("reports:<read>",), operators_only=True),
    }
    routes = (Route("GET", "/reports/{id}", "reports:<read>", 3),)
    set_settings(policy=replace(policy, scopes=policy.scopes | scopes, routes=(*policy.routes, *routes)))
    text = Page(app.test_client().get("/guide")).text
    for name in policy.scopes:
        assert f"<dt><code>{name}</code>" in text
    assert "<dt><code>reports:&lt;read&gt;</code>" in text
    assert "Read &amp; print." in text
    assert "Includes <code>reports:&lt;read&gt;</code>." in text
    assert text.count("GET /reports/{id}</span> (costs 3 credits)") == 2
    assert text.count("given by your operator only") == 1


def test_each_part_is_linked_and_every_link_leads_somewhere(app, guide):
    anchors = [link[1:] for link in guide.links if link.startswith("#")]
    assert [anchor for anchor in anchors if anchor not in guide.ids] == []
    headings = re.findall(r'<h2 id="(\w+)"', guide.text)
    assert headings == [anchor for anchor in anchors if anchor != "main"]
    for link in guide.links:
        assert link.startswith("#") or app.test_client().get(link).status_code in {200, 302}, link


def test_who_may_create_keys_is_led_to_the_form_and_others_to_what_comes_before(cast, app, guide):
    assert "/sign-in?next=/guide" in guide.links
    alice = cast.alice
    assert f"/orgs/{alice.org}/keys/new" in Page(alice.http.get("/guide")).links
    page = Page(cast.vera.http.get("/guide"))
    assert not [link for link in page.links if link.endswith("/keys/new")]
    assert "You may look at the keys of alice’s organization" in page.text


def test_commands_read_the_key_from_the_environment_whoever_is_signed_in(alice):
    key = alice.create_key()["key"]
    text = Page(alice.http.get("/guide")).text
    assert key[:12] not in text
    assert "data-secret" not in text
    assert text.count("KEYDESK_API_KEY") > 6


def test_people_are_told_what_to_say_to_an_agent_and_what_to_check(app):
    page = Page(app.test_client().get("/guide/agents"))
    assert "Read http://localhost:7860/auth.md and get an API key with the scope agent:r." in page.text
    assert {"/auth.md", "/device", "/guide#scopes"} <= set(page.links)
    assert "owk_live_…" in page.text
    assert "valid for 10 minutes" in page.text
