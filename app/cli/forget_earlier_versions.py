"""`forget-earlier-versions`: ends the longer wait of revokes after an upgrade."""

import click

from app.cli.app_context import open_runtime
from app.cli.output import answer, as_json
from app.services import revocation_barrier
from app.services.key_cache import SETTLE_SECONDS


@click.command("forget-earlier-versions")
@as_json
def forget_earlier_versions(is_json: bool) -> None:
    """Answer revokes sooner once every server runs this version.

    After an upgrade, revokes wait 0.11 seconds, because a server of the earlier version may use what it has cached for
    0.1 seconds. Run this when none of them runs any more: one that did would accept a key for that long after its
    revoke was answered.
    """
    with open_runtime():
        revocation_barrier.forget_earlier_versions()
    done = f"Revokes are now answered after {SETTLE_SECONDS:.2f} seconds."
    answer(is_json, {"seconds": SETTLE_SECONDS}, lambda: click.echo(done))
