"""Every command and program of the guide, as it stands there, with a key in the environment, against a server in dev
mode as `make run` starts it."""

import html
import json
import os
import re
import subprocess
import sys

import httpx
import pytest
import yaml

from tests.servers import serving
from tests.snippets.apis import need_program
from tests.system.visitors import Visitor


@pytest.fixture(scope="module")
def keydesk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guide")
    with serving(f"sqlite:///{folder / 'keydesk.db'}", folder) as server, Visitor(server) as visitor:
        visitor.sign_in("alice@example.com")
        yield visitor


@pytest.fixture(scope="module")
def guide(keydesk):
    return httpx.get(f"{keydesk.server.url}/guide", verify=False).text


@pytest.fixture(scope="module")
def code(guide):
    """What the guide has to copy, by name."""
    found = re.findall(r'<code id="(\w+)">(.*?)</code></pre>', guide, re.DOTALL)
    return {name: html.unescape(text) for name, text in found}


@pytest.fixture(scope="module")
def environ(keydesk, guide):
    """With a key that has the one scope that the guide says is needed."""
    (scope,) = re.findall(r"needs a key with the scope <code>(.+?)</code>", guide)
    key = keydesk.create_key(scopes=[scope])["key"]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {"KEYDESK_API_KEY": key}


def run(environ, *command, **more):
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=110, check=False, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_these_are_all(code):
    assert list(code) == ["save", "me", "curl", "python", "javascript", "go", "actions"]


def test_a_typed_key_gets_into_the_environment_and_is_not_echoed(code, environ):
    script = f"{code['save']}\nprintenv KEYDESK_API_KEY"
    typed = {name: value for name, value in environ.items() if name != "KEYDESK_API_KEY"}
    assert run(typed, "bash", "-c", script, input="whk_typed\n") == "whk_typed\n"


def test_a_key_is_asked_what_it_is(code, environ):
    answer = json.loads(run(environ, "bash", "-c", code["me"]))
    assert answer["data"]["scopes"] == ["notes:read"]


@pytest.mark.parametrize("name", ["curl", "python", "javascript", "go", "actions"])
def test_each_language_calls_the_api(code, environ, tmp_path, name):
    text = code[name]
    if name == "actions":
        (step,) = yaml.safe_load(text)
        assert step["env"] == {"KEYDESK_API_KEY": "${{ secrets.KEYDESK_API_KEY }}"}
        text = step["run"]
    if name == "go":
        need_program("Go")
        (tmp_path / "main.go").write_text(text)
    commands = {
        "curl": ["bash", "-c", text],
        "python": [sys.executable, "-c", text],
        "javascript": ["node", "--input-type=module", "--eval", text],
        "go": ["go", "run", "main.go"],
        "actions": ["bash", "-eo", "pipefail", "-c", text],
    }
    printed = run(environ, *commands[name], cwd=tmp_path).strip()
    assert printed.removeprefix("200").strip() == '{"data":[]}'
