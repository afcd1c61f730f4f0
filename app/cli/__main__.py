"""`python -m app.cli`: starts the command line."""

from app.cli import COMPLETE_VAR, cli

cli(prog_name="python -m app.cli", complete_var=COMPLETE_VAR)
