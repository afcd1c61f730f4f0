"""`python -m app.cli`, and `keydesk` of an installed Keydesk: starts the command line."""

from app.cli import COMPLETE_VAR, cli
from app.layout import COMMAND


def main() -> None:
    cli(prog_name=COMMAND, complete_var=COMPLETE_VAR)


if __name__ == "__main__":
    main()
