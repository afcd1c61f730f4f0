"""The page where a person connects an agent: what is asked, what is refused, and what is kept of a refused form."""

import re
from dataclasses import replace

import pytest

from app.domain.member_roles import Role
from app.services import device_grants, invitations, key_policy
from app.services.device_grants import DeviceError
from tests.actors import Actor
from tests.web.pages import Page


@pytest.fixture
def ceremony(app, runtime):
    with app.app_context():
        return device_grants.authorize(
            runtime,
            client_name="Claude Code",
            scopes=["agent:r", "notes:read"],
            client="203.0.113.1",
            address="203.0.113.1",
        )


@pytest.fixture
def poll(app, runtime, ceremony, clock):
    def poll():
        clock.advance(seconds=5)
        with app.app_context():
            try:
                return device_grants.poll(runtime, ceremony.device_code.reveal()).scopes
            except DeviceError as error:
                return error.error

    return poll


def ask(actor, code):
    return actor.http.post("/device", data={"code": code})


def decide(actor, code, **form):
    return actor.http.post("/device/decide", data={"code": code, "decision": "approve", "org": actor.org} | form)


def checked(page):
    return [line.split('value="')[1].split('"')[0] for line in page.splitlines() if " checked" in line]


def test_a_person_sees_who_asks_for_what_and_gives_less(alice, ceremony, poll):
    page = ask(alice, ceremony.user_code.reveal().lower().replace("-", " "))
    assert Page(page).title == "Connect Claude Code? · Keydesk"
    assert "203.0.113.1" in page.text
    assert checked(page.text) == ["agent:r", "notes:read"]
    assert poll() == "authorization_pending"
    done = decide(alice, ceremony.user_code.reveal(), scopes=["notes:read"])
    waiting = Page(alice.http.get(done.headers["Location"]))
    assert waiting.title == "Agent connected · Keydesk"
    assert f"/orgs/{alice.org}/keys" in waiting.links
    assert poll() == ("notes:read",)
    page = Page(alice.http.get(done.headers["Location"]))
    assert page.title == "Agent has its key · Keydesk"
    (key,) = alice.http.get(f"/v1/orgs/{alice.org}/keys").get_json()["data"]
    assert f"/orgs/{alice.org}/keys/{key['id']}" in page.links


def test_a_code_that_is_mistyped_used_or_expired_gets_one_answer_that_covers_them_all(cast, app, runtime, clock):
    with app.app_context():
        used, denied, expired = (
            device_grants.authorize(
                runtime, client_name="CI", scopes=["agent:r"], client=f"203.0.113.{number}", address="203.0.113.1"
            ).user_code.reveal()
            for number in range(3)
        )
    alice, charlie = cast.alice, cast.charlie
    decide(alice, used, scopes=["agent:r"])
    decide(alice, denied, decision="deny")

    def said(actor, code):
        answer = ask(actor, code)
        return answer.status_code, re.search(r'id="code-problem">([^<]*)<', answer.text)[1]

    answers = {said(actor, code) for actor in (alice, charlie) for code in (used, denied, "BBBB-BBBB", "nonsense")}
    clock.advance(minutes=10)
    answers |= {said(actor, expired) for actor in (alice, charlie)}
    ((status, words),) = answers
    assert status == 404
    for part in ("mistyped", "used already", "its 10 minutes are over", "ask the agent for a new one"):
        assert part in words


def test_organizations_of_the_same_name_can_be_told_apart_where_one_is_chosen(alice, ceremony):
    assert f"({alice.org})" not in ask(alice, ceremony.user_code.reveal()).text
    twin = alice.http.post("/v1/orgs", json={"name": "alice’s organization"}).get_json()["data"]["id"]
    page = ask(alice, ceremony.user_code.reveal()).text
    for org in (alice.org, twin):
        assert re.search(rf'<option value="{org}"[^>]*>alice’s organization \({org}\)</option>', page)


def test_what_was_approved_is_shown_to_nobody_else_and_says_when_it_was_not_fetched(cast, ceremony, clock):
    done = decide(cast.alice, ceremony.user_code.reveal(), scopes=["notes:read"]).headers["Location"]
    assert cast.bob.http.get(done).status_code == 404
    assert cast.alice.http.get("/device/approved/dev_unknown").status_code == 404
    clock.advance(minutes=11)
    assert Page(cast.alice.http.get(done)).title == "Key not fetched · Keydesk"


@pytest.mark.parametrize(("expires", "ends"), [("30", "2026-05-16T12:00:05Z"), ("", None)])
def test_the_key_ends_as_the_person_chose(alice, ceremony, poll, expires, ends):
    page = ask(alice, ceremony.user_code.reveal()).text
    assert '<option value="90" selected>In 90 days</option>' in page
    decide(alice, ceremony.user_code.reveal(), scopes=["notes:read"], expires=expires)
    poll()
    (key,) = alice.http.get(f"/v1/orgs/{alice.org}/keys").get_json()["data"]
    assert key["expires_at"] == ends


@pytest.mark.parametrize("expires", ["x", "-1", "0", "9999", "99999"])
def test_an_expiry_that_is_none_is_named_and_the_code_still_waits(alice, ceremony, poll, expires):
    refused = decide(alice, ceremony.user_code.reveal(), scopes=["notes:read"], expires=expires)
    assert refused.status_code == 422
    assert 'id="expires-problem"' in refused.text
    assert poll() == "authorization_pending"


def test_an_expiry_beyond_the_policy_is_named_and_the_policys_own_is_chosen(alice, ceremony, runtime):
    with alice.app.app_context():
        key_policy.change_as_operator(runtime, alice.org, {"longest_expiry_days": 60}, actor="a test")
    page = ask(alice, ceremony.user_code.reveal()).text
    assert '<option value="60" selected>' in page
    assert '<option value=""' not in page
    assert "Keys of alice’s organization end after at most 60 days." in page
    refused = decide(alice, ceremony.user_code.reveal(), scopes=["notes:read"], expires="90")
    assert refused.status_code == 422
    assert 'id="expires-problem"' in refused.text


@pytest.mark.parametrize("decision", ["deny", "", "something"])
def test_whatever_is_no_approval_refuses(alice, ceremony, poll, decision):
    assert Page(decide(alice, ceremony.user_code.reveal(), decision=decision)).title == "Request denied · Keydesk"
    assert poll() == "access_denied"


def test_a_form_without_a_scope_comes_back_with_what_was_chosen(alice, cast, ceremony):
    charlie = cast.charlie
    cast.join(charlie, alice.org)
    refused = decide(charlie, ceremony.user_code.reveal(), scopes=[])
    assert refused.status_code == 422
    assert Page(refused).title == "Problem: Connect Claude Code? · Keydesk"
    assert "choose at least one of" in refused.text
    assert checked(refused.text) == []
    assert f'value="{alice.org}" selected' in refused.text
    assert decide(charlie, ceremony.user_code.reveal(), scopes=["agent:r"]).status_code == 303


def test_a_viewer_cannot_give_a_key_but_can_refuse(cast, ceremony, poll):
    vera = cast.vera
    page = ask(vera, ceremony.user_code.reveal())
    assert "Approve</button>" not in page.text
    assert "Deny</button>" in page.text
    assert decide(vera, ceremony.user_code.reveal(), scopes=["agent:r"]).status_code == 403
    assert decide(vera, ceremony.user_code.reveal(), decision="deny").status_code == 200
    assert poll() == "access_denied"


def test_a_wrong_code_is_kept_and_named_and_too_many_say_when_to_come_back(alice, ceremony):
    for _ in range(10):
        refused = ask(alice, "WDJB-MJHT")
        assert refused.status_code == 404
        assert Page(refused).title == "Problem: Connect an agent · Keydesk"
        assert 'value="WDJB-MJHT"' in refused.text
    for refused in (ask(alice, ceremony.user_code.reveal()), decide(alice, ceremony.user_code.reveal())):
        assert refused.status_code == 429
        assert "Try again in 60 minutes" in refused.text


def test_a_used_code_is_gone(alice, ceremony):
    decide(alice, ceremony.user_code.reveal(), scopes=["agent:r"])
    assert decide(alice, ceremony.user_code.reveal(), scopes=["agent:r"]).status_code == 404
    assert ask(alice, ceremony.user_code.reveal()).status_code == 404


def test_somebody_else_s_organization_is_out_of_reach(alice, cast, ceremony, poll):
    charlie = cast.charlie
    assert decide(charlie, ceremony.user_code.reveal(), org=alice.org, scopes=["agent:r"]).status_code == 404
    assert poll() == "authorization_pending"


def test_signing_in_leads_back_to_the_page(app, cast):
    nobody = cast.nobody()
    asked = nobody.http.get("/device")
    assert asked.headers["Location"] == "/sign-in?next=/device"
    link = nobody.http.post("/sign-in", data={"email": "dora@example.com", "next": "/device"}).text
    link = link.split('href="http://localhost:7860')[1].split('"')[0]
    assert nobody.http.get(link).headers["Location"] == "/device"


def test_a_link_with_the_code_fills_it_in_and_decides_nothing(alice, ceremony, poll):
    code = ceremony.user_code.reveal()
    page = alice.http.get(f"/device?user_code={code.lower()}")
    assert Page(page).title == "Connect an agent · Keydesk"
    assert f'value="{code}"' in page.text
    assert "Claude Code" not in page.text
    assert poll() == "authorization_pending"


@pytest.mark.parametrize("sent", ["<script>", "WDJB", "%00"])
def test_a_link_with_something_else_fills_in_nothing(alice, sent):
    assert 'value=""' in alice.http.get("/device", query_string={"user_code": sent}).text


def test_the_code_is_shown_as_the_agent_shows_it(alice, ceremony):
    code = ceremony.user_code.reveal()
    assert f'<code class="user-code">{code}</code>' in ask(alice, code.lower().replace("-", " ")).text


def test_signing_in_leads_back_to_the_code(cast):
    asked = cast.nobody().http.get("/device?user_code=WDJB-MJHT")
    assert asked.headers["Location"] == "/sign-in?next=/device?user_code%3DWDJB-MJHT"


def test_a_scope_that_left_the_policy_meanwhile_is_not_offered_and_said_when_it_is_sent(
    alice, ceremony, poll, runtime, set_settings
):
    policy = runtime.settings.policy
    scopes = {name: scope for name, scope in policy.scopes.items() if not name.startswith("notes:")}
    routes = tuple(route for route in policy.routes if route.scope in scopes)
    set_settings(policy=replace(policy, scopes=scopes, routes=routes))
    code = ceremony.user_code.reveal()
    assert checked(ask(alice, code).text) == ["agent:r"]
    refused = decide(alice, code, scopes=["agent:r", "notes:read"])
    assert (refused.status_code, Page(refused).title) == (422, "Problem: Connect Claude Code? · Keydesk")
    assert "Unknown scope: notes:read" in refused.text
    assert decide(alice, code, scopes=["agent:r"]).status_code == 303
    assert poll() == ("agent:r",)


def test_who_is_in_no_organization_yet_is_told_where_to_get_into_one(app, alice, runtime, ceremony):
    with app.app_context():
        invitations.invite(runtime, alice.member, "dora@example.com", Role.MEMBER)
    page = Page(ask(Actor(app, "dora").sign_in(), ceremony.user_code.reveal()))
    assert 'you are in no organization. <a href="/">Join or make one</a>' in page.text
