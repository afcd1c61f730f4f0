"""The project's folders and version."""

from platformdirs import user_data_path

from app.config.installation import IS_INSTALLED, ROOT

__all__ = ["DATA_FOLDER", "IS_INSTALLED", "ROOT", "VERSION"]

#: For the SQLite database and what dev mode creates, unless KEYDESK_HOME says otherwise: in a checkout its instance/,
#: else where the platform keeps data (on Linux XDG: ~/.local/share/keydesk), never beside installed code.
DATA_FOLDER = user_data_path("keydesk", appauthor=False) if IS_INSTALLED else ROOT / "instance"
VERSION = "0.1.0"
