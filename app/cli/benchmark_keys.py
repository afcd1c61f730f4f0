"""`seed`: creates many keys for a benchmark, in dev mode only."""

from pathlib import Path

import click

from app.cli import key_options
from app.cli.app_context import open_runtime
from app.cli.progress import progress
from app.domain.key_rate_limit import RateLimit
from app.services import benchmark_keys as seeding


@click.command()
@click.option("--keys", type=click.IntRange(1, 10**7), required=True, help="Number of keys.")
@click.option(
    "--write",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File for the keys, one per line. Only you can read it.",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    default=("agent:rw",),
    show_default=True,
    help="Scope of the keys. Repeat for several.",
)
@key_options.rate
def seed(keys: int, file: Path, scopes: tuple[str, ...], rate: RateLimit | None) -> None:
    """Create many random keys for a benchmark (dev mode only).

    Creates a new organization for every 1,000 keys, and writes the keys to a file.
    """
    with open_runtime() as runtime, progress("Seeding", keys, "keys") as seeded:
        batches = seeding.seed(runtime, keys, scopes=scopes, rate_limit=rate)
        done = 0
        # The file is created after the first batch, so that an error leaves no file behind.
        for batch in batches:
            if not done:
                file.unlink(missing_ok=True)
                file.touch(mode=0o600)
            with file.open("a", encoding="ascii") as target:
                target.writelines(f"{key.reveal()}\n" for key in batch)
            done += len(batch)
            seeded(done)
    click.echo(f"Created {keys} keys and wrote them to {file}.")
