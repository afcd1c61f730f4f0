"""`python -m app.cli`: starts the command line."""

import gc

# The objects made at start live until the command ends. Collecting garbage among them takes a sixth of its time.
gc.set_threshold(100_000)

from app.cli import COMPLETE_VAR, cli  # noqa: E402 -- see above

cli(prog_name="python -m app.cli", complete_var=COMPLETE_VAR)
