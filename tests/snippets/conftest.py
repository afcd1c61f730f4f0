"""One Keydesk for the folder, with keys of every kind, and the APIs that ask it."""

from collections.abc import Iterator

import pytest

from tests import databases
from tests.snippets import apis
from tests.snippets.apis import Api
from tests.snippets.keydesk import Keydesk


@pytest.fixture(scope="session")
def keydesk(sqlite: databases.Sqlite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keydesk]:
    folder = tmp_path_factory.mktemp("keydesk")
    with Keydesk(sqlite.fresh(folder), folder) as keydesk:
        yield keydesk


class Apis:
    """Those that this machine can run, each started when a test first asks for it."""

    def __init__(self, keydesk: Keydesk, folders: pytest.TempPathFactory) -> None:
        self._keydesk, self._folders = keydesk, folders
        self.running: dict[str, Api] = {}

    def __getitem__(self, name: str) -> Api:
        if name not in self.running:
            apis.need_program(name)
            settings = {"KEYDESK_URL": self._keydesk.url, "KEYDESK_VERIFY_KEY": self._keydesk.asking}
            self.running[name] = Api.start(name, self._folders.mktemp(name), KEYDESK_PASS_IP="true", **settings)
            self.running[name].wait_until_ready()
        return self.running[name]


@pytest.fixture(scope="session")
def all_apis(keydesk: Keydesk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apis]:
    apis = Apis(keydesk, tmp_path_factory)
    yield apis
    for api in apis.running.values():
        api.stop()


@pytest.fixture(params=apis.NAMES)
def api(all_apis: Apis, request: pytest.FixtureRequest) -> Api:
    return all_apis[request.param]
