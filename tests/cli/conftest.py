"""The command line on a test's database, in this process; what needs a process of its own starts one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.operators import Operator
from tests.servers import SECRET


@pytest.fixture
def at_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Operator]:
    # Not ours: a developer's own .env must not reach a test.
    monkeypatch.chdir(tmp_path)
    return lambda database_url: Operator(DATABASE_URL=database_url, SECRET_KEY=SECRET)


@pytest.fixture
def operator(at_desk: Callable[[str], Operator], database: str) -> Operator:
    return at_desk(database)
