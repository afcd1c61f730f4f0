"""What the proxies log: every request, and neither keys nor the tokens of sign-in links."""

import pytest

from tests.proxies.running import SAMPLES, running
from tests.proxies.test_credentials import HANDSHAKE
from tests.proxies.wire import request, send
from tests.servers import free_port

LINK = "a-link-that-signs-in"


def logged(folder):
    """Everything that the proxy wrote; its configuration is not its own."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in {".conf", ".yaml"}]
    return "\n".join(path.read_text(errors="replace") for path in files if path.name != "Caddyfile")


@pytest.mark.parametrize("name", SAMPLES)
def test_no_log_has_a_key_or_the_token_of_a_link(name, keydesk, upstream, keys, tmp_path):
    # Failures are logged otherwise: once without an API, once without a Keydesk either.
    served, failing = (keydesk.port, upstream.port), (keydesk.port, free_port())
    for number, (asked, api) in enumerate([served, failing, (free_port(), free_port())]):
        folder = tmp_path / str(number)
        with running(name, folder, keydesk=asked, upstream=api) as proxy:
            referrer = f"Referer: http://keys.example.com/v1/auth/callback?token={LINK}"
            for data in (
                request("GET", f"/v1/listen?token={keys.agent}", *HANDSHAKE),
                request("GET", f"/v1/listen?a=b&%74oken={keys.agent}&token={keys.agent}", *HANDSHAKE),
                request("GET", "/v1/notes", f"X-Api-Key: {keys.notes}", referrer),
                request("GET", "/v1/notes", f"Authorization: Bearer {keys.notes}"),
                request("GET", f"/v1/auth/callback?token={LINK}", host="keys.example.com"),
                request("GET", "/static/icon.svg", referrer, host="keys.example.com"),
            ):
                send(proxy.port, data, 1)
        text = logged(folder)
        for path in ("/v1/listen", "/v1/notes", "/v1/auth/callback", "/static/icon.svg"):
            assert path in text, text
        for secret in (keys.agent, keys.notes, LINK):
            assert secret not in text, text
