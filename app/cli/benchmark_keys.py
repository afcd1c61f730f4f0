"""`seed`: many keys for anybody's benchmark, in development only."""

from pathlib import Path

import click

from app.cli import key_options
from app.cli.app_context import open_runtime
from app.cli.progress import progress
from app.domain.key_rate_limit import RateLimit
from app.services import benchmark_keys as seeding


@click.command()
@click.option("--keys", type=click.IntRange(1, 10**7), required=True, help="How many.")
@click.option(
    "--write",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Where their texts go, one a line; readable by you only.",
)
@click.option("--scope", "scopes", multiple=True, default=("agent:rw",), show_default=True, help="What they may do.")
@key_options.rate
def seed(keys: int, file: Path, scopes: tuple[str, ...], rate: RateLimit | None) -> None:
    """Make many random keys, 1,000 for each new organization, and write their texts into a file. Dev mode only."""
    with open_runtime() as runtime, progress("Seeding", keys, "keys") as seeded:
        batches = seeding.seed(runtime, keys, scopes=scopes, rate_limit=rate)
        done = 0
        # The first batch comes before the file: a refusal leaves none behind.
        for batch in batches:
            if not done:
                file.unlink(missing_ok=True)
                file.touch(mode=0o600)
            with file.open("a", encoding="ascii") as target:
                target.writelines(f"{key.reveal()}\n" for key in batch)
            done += len(batch)
            seeded(done)
    click.echo(f"{keys} keys; their texts are in {file}.")
