"""What agents read, followed to the letter: the page's own commands, run against a real server."""

import json
import re
import subprocess

import httpx
import pytest

from app import create_app
from app.config import ROOT, load_settings
from app.services import device_grants
from tests import databases
from tests.actors import Actor
from tests.databases import SECRET
from tests.servers import serving

LINK = re.compile(r"\[[^]]+\]\(([^)]+)\)")


@pytest.fixture
def read(app):
    def get(path, kind):
        answer = app.test_client().get(path)
        assert (answer.status_code, answer.content_type) == (200, f"{kind}; charset=utf-8")
        assert "None" not in answer.text
        assert "{{" not in answer.text
        return answer.text

    return get


@pytest.fixture
def page(read) -> str:
    return read("/auth.md", "text/markdown")


def sh(command, **variables):
    done = subprocess.run(
        ["bash", "-euc", command],
        env={"PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_an_agent_that_does_what_the_page_says_gets_keys_that_work(tmp_path):
    """By all three ways. The person's part, and the mail's, is played from beside the server."""
    database_url = f"sqlite:///{tmp_path}/keydesk.db"
    with serving(database_url, tmp_path) as server:
        app = create_app(load_settings({"DATABASE_URL": database_url, "SECRET_KEY": SECRET}, instance_path=tmp_path))
        person = Actor(app, "you").sign_in()
        person.org = person.own_organization()
        text = httpx.get(f"{server.url}/auth.md").text
        commands = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
        begin, poll, sign_up, verify, ask, exchange, create, use = commands

        ceremony = sh(begin)
        with app.app_context():
            grant = device_grants.find(
                app.extensions["runtime"], ceremony["user_code"], email=person.email, client="203.0.113.1"
            )
            device_grants.approve(
                app.extensions["runtime"], person.member, ceremony["user_code"], grant.scopes, client="203.0.113.1"
            )
        device_key = sh(poll, DEVICE_CODE=ceremony["device_code"])["access_token"]

        code = sh(sign_up.replace("you@", "new@"))["devCode"]
        sign_up_key = sh(verify.replace("you@", "new@"), CODE=code)["api_key"]

        code = sh(ask)["data"]["devCode"]
        token = sh(exchange, CODE=code)["data"]["token"]
        agent_key = sh(create, TOKEN=token)["data"]["key"]

        for key, prefix in ((device_key, "owk_live_"), (sign_up_key, "of_"), (agent_key, "owk_live_")):
            assert key.startswith(prefix)
            assert sh(use, KEY=key)["data"]["scopes"]
        with app.app_context():
            databases.dispose()


def test_it_says_what_this_server_is_set_to(tmp_path):
    environ = {
        "PUBLIC_URL": "https://keys.example.com",
        "SECRET_KEY": SECRET,
        "MAIL_SERVER": "127.0.0.1",
        "SIGN_UP": "example.com",
        "SIGN_UP_CREDITS": "77",
        "SIGN_UP_CODE_LIFETIME": "7200",
        "EMAIL_CODE_LIFETIME": "120",
        "SESSION_TOKEN_LIFETIME": "300",
        "AGENT_KEY_PREFIX": "agent_",
        "SIGN_UP_KEY_PREFIX": "welcome_",
        "SESSION_TOKEN_PREFIX": "session_",
    }
    client = create_app(load_settings(environ, instance_path=tmp_path)).test_client()
    page = client.get("/auth.md", base_url="https://keys.example.com").text
    for said in (
        "valid for 2 hours",
        "valid for 2 minutes",
        "valid for 5 minutes",
        "with 77 credits",
        "`agent_…`",
        '"welcome_…"',
        '"session_…"',
        "Not every address can sign up here.",
    ):
        assert said in page, said
    for unsaid in ("localhost", "owk_live_", "devCode", "test-token", "example.com,"):
        assert unsaid not in page, unsaid


def test_it_names_the_addresses_and_routes_of_the_apis(page, read, tmp_path):
    assert "## The API" not in page
    assert "`/v1/notes`" not in page
    policy = tmp_path / "policy.toml"
    public = '\n[[routes]]\nmethod = "GET"\npath = "/v1/status"\npublic = true\n'
    policy.write_text((ROOT / "app" / "route_policy.toml").read_text() + public)
    apis = "https://api.example.com,https://b.example"
    settings = load_settings({"API_URLS": apis, "POLICY_FILE": str(policy)}, instance_path=tmp_path)
    client = create_app(settings).test_client()
    text = client.get("/auth.md").text
    assert "an API key for https://api.example.com and https://b.example by yourself" in text
    assert "The key opens https://api.example.com and https://b.example." in text
    section = text.partition("## The API")[2].partition("\n## ")[0]
    rows = [tuple(line.strip("| ").split(" | ")) for line in section.splitlines() if line.startswith("|")][2:]
    assert ("GET", "`/v1/notes/{id}`", "`notes:read`", "0") in rows
    assert ("WEBSOCKET", "`/v1/listen`", "`agent:rw`", "0") in rows
    assert ("GET", "`/v1/status`", "none, no key needed", "0") in rows
    # Keydesk's own routes are not the APIs'.
    assert not {row[1] for row in rows} & {"`/v1/audit`", "`/v1/keys/verify`", "`/v1/cache/invalidate`"}
    assert (
        "> Issues API keys for https://api.example.com and https://b.example to people" in client.get("/llms.txt").text
    )


def test_test_tokens_are_mentioned_where_they_are_switched_on(page, tmp_path):
    assert "test-token" not in page
    settings = load_settings({"SECRET_KEY": SECRET, "ENABLE_TEST_TOKEN_ENDPOINT": "true"}, instance_path=tmp_path)
    text = create_app(settings).test_client().get("/auth.md").text
    assert "`POST /v1/auth/test-token` returns a key `whk_test_…` that is valid for 1 hour" in text


def test_the_limits_that_it_names_are_those_in_force(page):
    for said in (
        "1 in 60 seconds for each email address",
        "5 in 1 hour for each email address",
        "10 in 1 hour for each client address (IPv6: each /64)",
        "after 100 in a row, across codes, codes for the email address are paused for 24 hours",
        "20 in 1 hour for each client address",
        "valid for 24 hours and 10 attempts",
        "valid for 10 minutes and 5 attempts",
    ):
        assert said in page, said


def test_it_lists_every_scope_of_the_policy(page, runtime):
    for scope in runtime.settings.policy.scopes.values():
        assert f"| `{scope.name}` | {scope.description} |" in page


def test_it_has_advice_for_every_error_that_an_agent_can_meet(app, page):
    document = app.test_client().get("/openapi.json").get_json()
    advised = {code: status for status, code in re.findall(r"^\| (\d{3}) \| `([A-Z_]+)` \|", page, re.MULTILINE)}
    for path, item in document["paths"].items():
        for operation in item.values():
            if operation["security"] != [{"sessionCookie": []}]:
                for status, answer in operation["responses"].items():
                    for code in re.findall(r"^- `([A-Z_]+)`:", answer["description"], re.MULTILINE):
                        # Proxies are told some refusals under another status; agents meet them under their own.
                        expected = advised.get(code) if path == "/v1/forward-auth" else status
                        assert advised.get(code) == expected is not None, (path, code)


def test_the_index_has_the_form_of_llmstxt_org(read):
    """A title, a summary as a quotation, text, then sections that are lists of links, each with a note."""
    title, summary, text, *sections = read("/llms.txt", "text/plain").strip().split("\n\n")
    assert title == "# Keydesk"
    assert summary.startswith("> ")
    assert not text.startswith(("#", "-"))
    headings, lists = sections[::2], sections[1::2]
    assert [heading.removeprefix("## ") for heading in headings] == ["Get a key", "API", "Optional"]
    for line in "\n".join(lists).splitlines():
        assert re.fullmatch(r"- \[[^]]+\]\(http[^)]+\): .+", line), line


def test_every_link_leads_somewhere(app, read, page):
    targets = LINK.findall(read("/llms.txt", "text/plain") + page)
    assert len(targets) >= 9
    for target in targets:
        assert app.test_client().get(target.removeprefix("http://localhost:7860")).status_code == 200, target
