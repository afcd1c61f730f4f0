"""`python -m app.cli`, and `keydesk` of an installed Keydesk: starts the command line."""

from app.cli import COMPLETE_VAR, cli


def main(command: str = "python -m app.cli") -> None:
    """`command`: what the person typed, as help and errors say it."""
    cli(prog_name=command, complete_var=COMPLETE_VAR)


if __name__ == "__main__":
    main()
