"""The command line on a test's database, in this process; what needs a process of its own starts one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import cli as commands
from tests.servers import SECRET


class Operator:
    """Somebody at a terminal. Settings are given by name, and commands word by word."""

    def __init__(self, **settings: str) -> None:
        self._settings = settings

    def try_to(self, *words: object, typed: str | None = None, **settings: str) -> Result:
        """What comes of it, whatever that is. A traceback is raised as what it was."""
        words = tuple(str(word) for word in words)
        return CliRunner().invoke(commands, words, input=typed, env=self._settings | settings, catch_exceptions=False)

    def run(self, *words: object, **settings: str) -> str:
        """What a command that must succeed prints, and nothing on stderr."""
        done = self.try_to(*words, **settings)
        assert (done.exit_code, done.stderr) == (0, ""), done.output
        return done.stdout

    def json(self, *words: object) -> Any:
        return json.loads(self.run(*words, "--json"))

    def refused(self, *words: object, **settings: str) -> str:
        """What a command that must fail says on stderr; nothing may be on stdout."""
        done = self.try_to(*words, **settings)
        assert (done.exit_code, done.stdout) == (1, ""), done.output
        return done.stderr


@pytest.fixture
def at_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Operator]:
    # Not ours: a developer's own .env must not reach a test.
    monkeypatch.chdir(tmp_path)
    return lambda database_url: Operator(DATABASE_URL=database_url, SECRET_KEY=SECRET)


@pytest.fixture
def operator(at_desk: Callable[[str], Operator], database: str) -> Operator:
    return at_desk(database)
