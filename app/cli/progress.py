"""The progress of a long command, on stderr."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

#: How many lines a whole run prints if stderr is not a terminal.
LINES = 10


@contextmanager
def progress(label: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """Yields a function to call with the amount done so far. Prints a bar on a terminal, else a line for each tenth."""
    if sys.stderr.isatty():
        with click.progressbar(length=total, label=label, file=sys.stderr) as bar:
            yield lambda done: bar.update(done - bar.pos)
        return
    said = 0

    def say(done: int) -> None:
        nonlocal said
        if total and done * LINES // total > said:
            said = done * LINES // total
            click.echo(f"{label}: {done} of {total} {unit}", err=True)

    yield say
