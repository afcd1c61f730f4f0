"""The command line in the test's own process: a process of its own would import everything anew."""

import json
from typing import Any

from click.testing import CliRunner, Result

from app.cli import cli as commands


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
