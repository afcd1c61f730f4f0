"""How far a long command is, on stderr."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

#: Lines that a whole run takes where there is no terminal to redraw.
LINES = 10


@contextmanager
def progress(label: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """What is called with how much is done by now: a bar on a terminal, elsewhere (a log, a pipe) a line each tenth."""
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
