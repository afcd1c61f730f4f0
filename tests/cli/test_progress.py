"""How far a long command is."""

import sys

import pytest

from app.cli.progress import progress


@pytest.mark.parametrize(
    ("total", "steps", "said"),
    [
        (5500, range(1000, 5501, 500), [1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000, 5500]),
        (1000, range(1001), range(100, 1001, 100)),
        (3, [1, 2, 3], [1, 2, 3]),
        (1, [1], [1]),
        (0, [0], []),
    ],
)
def test_in_a_log_it_is_a_line_each_tenth(capsys, total, steps, said):
    with progress("Importing", total, "keys") as show:
        for done in steps:
            show(done)
    assert capsys.readouterr().err.splitlines() == [f"Importing: {done} of {total} keys" for done in said]


def test_on_a_terminal_it_is_a_bar_that_ends_full(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress("Importing", 4, "keys") as show:
        for done in (1, 4):
            show(done)
    shown = capsys.readouterr().err
    assert "Importing" in shown
    assert "100%" in shown
    assert "of 4 keys" not in shown
