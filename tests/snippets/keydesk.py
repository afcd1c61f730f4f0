"""A Keydesk that tests can stop, hold and start again on the same port."""

import os
import signal
import time
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psutil

from app import create_app
from app.config import load_settings
from tests import databases
from tests.actors import Actor
from tests.servers import SECRET, Server, free_port, serving
from tests.system.visitors import Visitor, query


class Keydesk:
    def __init__(self, database: str, folder: Path, **settings: str) -> None:
        self._database, self._folder, self._port, self._settings = database, folder, free_port(), settings
        self.url = f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> "Keydesk":
        self.start()
        self._owner = self.signed_in("alice")
        #: The key of the APIs.
        self.asking = self.key("keys:verify")["key"]
        return self

    def __exit__(self, *_: object) -> None:
        self._owner.http.close()
        self.stop()

    def signed_in(self, name: str) -> Visitor:
        """With a session made beside the server: behind a proxy, no link is shown."""
        environ = {"DATABASE_URL": self._database, "SECRET_KEY": SECRET}
        app = create_app(load_settings(environ, instance_path=self._folder))
        actor = Actor(app, name).sign_in()
        visitor = Visitor(self._server)
        visitor.http.cookies.set("whs_session", actor.http.get_cookie("whs_session").value)
        visitor.org = actor.own_organization()
        with app.app_context():
            databases.dispose()
        return visitor

    @property
    def server(self) -> Server:
        return self._server

    def start(self) -> None:
        self._serving: AbstractContextManager[Server] = serving(
            self._database, self._folder, port=self._port, **self._settings
        )
        self._server = self._serving.__enter__()

    def stop(self) -> None:
        self._serving.__exit__(None, None, None)

    @contextmanager
    def held(self):
        """It takes connections and answers nothing."""
        os.killpg(self._server.process.pid, signal.SIGSTOP)
        try:
            while not self._stands_still():
                time.sleep(0.01)
            yield
        finally:
            os.killpg(self._server.process.pid, signal.SIGCONT)

    def _stands_still(self) -> bool:
        """Whether every thread has heard of SIGSTOP; on a busy machine some answer another request before they do."""
        server = psutil.Process(self._server.process.pid)
        threads = [
            file
            for process in (server, *server.children())
            for file in Path(f"/proc/{process.pid}").glob("task/*/stat")
        ]
        return all(file.read_text().rpartition(")")[2].split()[0] == "T" for file in threads)

    @property
    def port(self) -> int:
        return self._port

    @property
    def org(self) -> str:
        return self._owner.org

    def key(self, *scopes: str, **columns: Any) -> dict[str, Any]:
        """A new key; `columns` are settings of its row, put there before its first use."""
        key = self._owner.create_key(scopes=list(scopes))
        for name, value in columns.items():
            query(self._database, f"UPDATE api_key SET {name} = :value WHERE id = :id", value=value, id=key["id"])
        return key

    def revoke(self, key: dict[str, Any]) -> None:
        assert self._owner.revoke(key["id"]).status_code == 200

    def leave_credits(self, left: int) -> None:
        query(self._database, "UPDATE organization SET credits_used = credits_granted - :left", left=left)

    def generation(self) -> int:
        return query(self._database, "SELECT cache_generation FROM organization WHERE id = :id", id=self.org)[0][0]
