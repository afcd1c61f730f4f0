import gc

# What a command begins with stays to its end: to look through it for garbage takes a sixth of its time.
gc.set_threshold(100_000)

from app.cli import COMPLETE_VAR, cli  # noqa: E402 -- see above

cli(prog_name="python -m app.cli", complete_var=COMPLETE_VAR)
