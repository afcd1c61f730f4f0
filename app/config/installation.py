"""Where Keydesk's files are, and how its command is spelled: in a checkout, and installed from a wheel.

A wheel puts what stands beside `app/` in the checkout into `app/_files/` (`deploy/wheel/hatch_build.py`)."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_SHIPPED = _PACKAGE / "_files"

IS_INSTALLED = _SHIPPED.is_dir()

#: The folder of templates/, static/, migrations/, build/, docs/ and wsgi.py.
ROOT = _SHIPPED if IS_INSTALLED else _PACKAGE.parent

#: The documents, as messages name them.
DOCS = str(ROOT / "docs") if IS_INSTALLED else "docs"

#: As messages write the command: it works as it stands there.
COMMAND = "keydesk" if IS_INSTALLED else "python -m app.cli"
#: As pages, mails and shell completion write it. In a checkout it is a script for a POSIX shell.
SHORT_COMMAND = "keydesk" if IS_INSTALLED else "./keydesk"
