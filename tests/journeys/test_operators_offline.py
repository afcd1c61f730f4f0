"""Seed page 001: an operator makes keys offline, and programs post audio with them, here to the sample API."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from tests.proxies.test_clients import CURL, FETCH, PYTHON

#: The sample API takes at most 64 KiB.
AUDIO = b"RIFF" + bytes(range(256)) * 200


def test_the_pages_commands_and_their_answers_line_by_line(cli, curl, server):
    done = cli("python -m app.cli init")
    assert done.stdout == "Initializing Database structure...\nDatabase initialized successfully.\n"

    done = cli('python -m app.cli create --name "AdminToken"')
    lines = done.stdout.splitlines()
    assert lines[:3] == ["API Key Created Successfully!", "-" * 40, "Name: AdminToken"]
    token = lines[3].removeprefix("Token: ")
    assert re.fullmatch(r"whk_[0-9A-Za-z]{32}", token)
    assert lines[4:] == [
        "-" * 40,
        "Keep this token safe! Pass it in the Authorization header as: Token <token>",
    ]
    assert curl('curl %URL%/v1/me -H "Authorization: Token $KEY"', KEY=token)[0] == 200

    lines = cli("python -m app.cli list").stdout.splitlines()
    assert lines[:2] == ["Active API Keys", "-" * 60]
    listed = rf"Token: {token[:12]}\*\*\* \| Name: AdminToken \| Created: \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d"
    assert re.fullmatch(listed, lines[2])

    done = cli(f"python -m app.cli revoke {token[4:12]}")
    assert done.stdout == f"Successfully revoked key 'AdminToken' starting with {token[:12]}\n"
    status, refused = curl('curl %URL%/v1/me -H "Authorization: Token $KEY"', KEY=token)
    assert (status, refused["error_code"]) == (401, "KEY_REVOKED")

    done = cli(f"python -m app.cli revoke {token[:12]}")
    assert (done.returncode, done.stdout) == (1, "")
    assert "No active key starts with" in done.stderr


def test_the_test_token_endpoint_is_there_when_switched_on(curl):
    status, answer = curl("curl -X POST %URL%/v1/auth/test-token")
    assert status == 200
    assert list(answer["data"]) == ["token", "expires_at"]
    assert re.fullmatch(r"whk_test_[0-9A-Za-z]{32}", answer["data"]["token"])
    status, me = curl('curl %URL%/v1/me -H "Authorization: Token $KEY"', KEY=answer["data"]["token"])
    assert (status, me["data"]["scopes"], me["data"]["organization"]["name"]) == (200, ["agent:rw"], "Operators")


@pytest.mark.parametrize(
    ("command", "text"),
    [(["bash", "-c"], CURL), ([sys.executable, "-c"], PYTHON), (["node", "-e"], FETCH)],
    ids=["curl", "httpx", "fetch"],
)
def test_the_pages_clients_post_audio(cli, server, tmp_path, command, text):
    key = json.loads(cli("python -m app.cli create --json").stdout)["key"]
    (tmp_path / "audio.wav").write_bytes(AUDIO)
    program = shutil.which(command[0])
    assert program
    text = text.replace("%URL%", server.url).replace("YOUR_API_KEY", key)
    done = subprocess.run([program, *command[1:], text], cwd=tmp_path, capture_output=True, timeout=30, check=True)
    heard = {"bytes": len(AUDIO), "content_type": "audio/wav", "model": None}
    assert json.loads(done.stdout) == {"data": heard}
