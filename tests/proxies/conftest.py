"""One Keydesk, one API that checks nothing, and the proxies between them as deploy/ says."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import databases
from tests.proxies import upstream as api
from tests.proxies.recorder import Recorder, recording
from tests.proxies.running import SAMPLES, Proxy, running
from tests.servers import ROOT
from tests.snippets.keydesk import Keydesk

#: Behind the shipped policy: what it lacks for these tests.
COSTLY = '\n[[routes]]\nmethod = "GET"\npath = "/v1/costly"\nscope = "notes:read"\ncost = 5\n'
PUBLIC = '\n[[routes]]\nmethod = "OPTIONS"\npath = "/v1/public"\npublic = true\n'
BOTH = """
[[routes]]
method = "GET"
path = "/v1/both"
scope = "notes:read"
[[routes]]
method = "WEBSOCKET"
path = "/v1/both"
scope = "agent:r"
"""
#: With notes:read, and a space before each, as many bytes as the scopes of one key may have.
LONG_SCOPES = [f"{letter}:{letter * 96}" for letter in "abcdefghijklmnopqrs"] + [f"t:{'t' * 106}"]
LONG = "".join(f'\n[scopes."{name}"]\ndescription = "A long one"\n' for name in LONG_SCOPES)


@dataclass(frozen=True)
class Keys:
    notes: str
    notes_id: str
    agent: str
    cache: str
    revoked: str


def settings(folder: Path) -> dict[str, str]:
    policy = folder / "route_policy.toml"
    policy.write_text((ROOT / "app" / "route_policy.toml").read_text() + COSTLY + PUBLIC + BOTH + LONG)
    hosts = "keys.example.com,localhost,127.0.0.1"
    return {"TRUSTED_HOPS": "1", "TRUSTED_HOSTS": hosts, "POLICY_FILE": str(policy)}


@pytest.fixture(scope="session")
def keydesk(sqlite: databases.Sqlite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keydesk]:
    folder = tmp_path_factory.mktemp("keydesk-behind-proxies")
    with Keydesk(sqlite.fresh(folder), folder, **settings(folder)) as keydesk:
        yield keydesk


@pytest.fixture(scope="session")
def upstream() -> Iterator[Recorder]:
    with recording(api.answer) as recorder:
        yield recorder


@pytest.fixture(scope="session")
def proxies(keydesk: Keydesk, upstream: Recorder, tmp_path_factory: pytest.TempPathFactory):
    """Starts a proxy when a test first asks for it."""
    found: dict[str, Proxy] = {}
    with ExitStack() as until_the_end:

        def get(name: str) -> Proxy:
            if name not in found:
                folder = tmp_path_factory.mktemp(name) / "proxy"
                ports = {"keydesk": keydesk.port, "upstream": upstream.port}
                found[name] = until_the_end.enter_context(running(name, folder, **ports))
            return found[name]

        yield get


@pytest.fixture(params=SAMPLES)
def proxy(proxies, request: pytest.FixtureRequest) -> Proxy:
    return proxies(request.param)


@pytest.fixture(scope="session")
def keys(keydesk: Keydesk) -> Keys:
    notes, revoked = keydesk.key("notes:read"), keydesk.key("agent:rw")
    keydesk.revoke(revoked)
    agent, cache = keydesk.key("agent:rw")["key"], keydesk.key("cache:invalidate")["key"]
    return Keys(notes["key"], notes["id"], agent, cache, revoked["key"])
