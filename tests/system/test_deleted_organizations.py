"""Once an organization is deleted, no process accepts its keys; brought back, all do; erased, none ever does."""

from contextlib import ExitStack
from datetime import timedelta

import pytest

from app import create_app
from app.config import load_settings
from app.domain.organization_deletion import KEPT
from app.services import organization_deletion
from app.store.column_types import to_microseconds
from tests import databases
from tests.servers import SECRET
from tests.system.visitors import ENDPOINTS, Line, Visitor, query

BOTH = pytest.mark.databases("sqlite", "postgresql")


class HotKeys:
    """Keys that every process has cached, with a line to each process and endpoint."""

    def __init__(self, stack, servers, keys):
        self._keys = keys
        self._lines = [(ask, stack.enter_context(Line(server))) for server in servers for ask in ENDPOINTS.values()]

    def statuses(self):
        """What all processes say about all keys, asked at once."""
        found = set()
        for key in self._keys:
            for (method, path), line in self._lines:
                line.send(method, path, x_api_key=key)
            found |= {line.answer()[0] for _, line in self._lines}
        return found


@pytest.fixture
def operator(database, tmp_path):
    """An operator's process beside the servers."""
    settings = load_settings({"DATABASE_URL": database, "SECRET_KEY": SECRET}, instance_path=tmp_path)
    app = create_app(settings)
    with app.app_context():
        yield app.extensions["runtime"]
        databases.dispose()


def delete_restore_and_erase(servers, operator, database, rounds):
    with ExitStack() as stack:
        owner = stack.enter_context(Visitor(servers[0])).sign_in("alice@example.com")
        hot = HotKeys(stack, servers, [owner.create_key()["key"] for _ in range(3)])
        assert hot.statuses() == {200}
        for number in range(rounds):
            path = f"{servers[number % len(servers)].url}/v1/orgs/{owner.org}"
            answer = owner.http.request("DELETE", path, json={"name": "alice’s organization"})
            assert (answer.status_code, hot.statuses()) == (200, {401})
            assert owner.http.get(f"{path}/keys").status_code == 404
            if number < rounds - 1:
                organization_deletion.restore(operator, owner.org)
                assert hot.statuses() == {200}
        long_ago = to_microseconds(operator.clock() - KEPT - timedelta(hours=1))
        query(database, "UPDATE organization SET deleted_at = :at WHERE id = :org", at=long_ago, org=owner.org)
        # The second finds what servers counted about refused requests meanwhile, the third nothing.
        for _ in range(3):
            organization_deletion.erase(operator)
            assert hot.statuses() == {401}
        assert query(database, "SELECT count(*) FROM api_key") == [(0,)]


@BOTH
def test_two_processes_refuse_its_keys_from_the_answer_on_until_it_is_back(two_servers, operator, database):
    delete_restore_and_erase(two_servers, operator, database, rounds=4)


@BOTH
@pytest.mark.soak
def test_two_hundred_times(two_servers, operator, database):
    delete_restore_and_erase(two_servers, operator, database, rounds=200)
