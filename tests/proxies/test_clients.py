"""Seed page 001: the clients of `POST /v1/listen` and of its WebSocket, as the page writes them; host, token and file
aside."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import playwright
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

AUDIO = b"RIFF" + bytes(range(256)) * 400

CURL = """curl -s -X POST '%URL%/v1/listen' \\
-H "Authorization: Token YOUR_API_KEY" \\
-H "Content-Type: audio/wav" \\
--data-binary @audio.wav"""

PYTHON = """
import httpx
headers = {
"Authorization": "Token YOUR_API_KEY",
"Content-Type": "audio/wav",
}
with open("audio.wav", "rb") as f:
    response = httpx.post(
    "%URL%/v1/listen",
    headers=headers,
    content=f.read(),
    )
print(response.text)
"""

FETCH = """
const audioBuffer = require('fs').readFileSync('audio.wav');
(async () => {
const response = await fetch('%URL%/v1/listen', {
method: 'POST',
headers: {
'Authorization': 'Token YOUR_API_KEY',
'Content-Type': 'audio/wav',
},
body: audioBuffer,
});
const result = await response.json();
console.log(JSON.stringify(result));
})();
"""

WEBSOCKET = """
const socket = new WebSocket('%WS%/v1/listen?token=YOUR_API_KEY&model=tiny.en');
socket.onopen = () => socket.send(new Uint8Array(1000));
socket.onmessage = (message) => { console.log(message.data); socket.close(); };
socket.onerror = () => { console.log(JSON.stringify({"error": true})); };
"""


@pytest.fixture
def run(proxy, tmp_path):
    (tmp_path / "audio.wav").write_bytes(AUDIO)

    def run(program, flag, text, key):
        text = text.replace("%URL%", proxy.url).replace("%WS%", proxy.url.replace("http", "ws"))
        arguments = [program, flag, text.replace("YOUR_API_KEY", key)]
        return subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=True).stdout

    return run


def node():
    """Playwright brings its own, which knows WebSocket."""
    return str(Path(playwright.__file__).parent / "driver" / "node")


@pytest.mark.parametrize(
    ("program", "flag", "text"),
    [(shutil.which("bash"), "-c", CURL), (sys.executable, "-c", PYTHON), (node(), "-e", FETCH)],
    ids=["curl", "httpx", "fetch"],
)
def test_audio_is_posted(run, upstream, keydesk, keys, program, flag, text):
    before = len(upstream.hits)
    assert json.loads(run(program, flag, text, keys.agent))["bytes"] == len(AUDIO)
    refused = json.loads(run(program, flag, text, keys.notes))
    assert (refused["status"], refused["error_code"]) == (403, "INSUFFICIENT_SCOPE")
    refused = json.loads(run(program, flag, text, keys.revoked))
    assert (refused["status"], refused["error_code"]) == (401, "KEY_REVOKED")
    (hit,) = upstream.since(before)
    assert (hit.body, hit.value("content-type")) == (AUDIO, "audio/wav")
    assert hit.value("x-auth-org-id") == keydesk.org
    assert hit.value("authorization") == ""


def test_a_javascript_websocket_with_the_token_in_its_address(run, keys):
    assert json.loads(run(node(), "-e", WEBSOCKET, keys.agent)) == {"bytes": 1000}
    assert json.loads(run(node(), "-e", WEBSOCKET, keys.notes)) == {"error": True}


def test_a_python_websocket_with_the_token_in_its_address(proxy, keys):
    address = f"{proxy.url.replace('http', 'ws')}/v1/listen?token={{}}&model=tiny.en"
    with connect(address.format(keys.agent), proxy=None) as websocket:
        for size in (1, 100_000, 7):
            websocket.send(bytes(size))
            assert json.loads(websocket.recv(5)) == {"bytes": size}
    with pytest.raises(InvalidStatus) as refused:
        connect(address.format(keys.revoked), proxy=None)
    assert refused.value.response.status_code == 401
