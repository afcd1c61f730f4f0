"""docs/settings.md lists the settings as app/config has them."""

from app.config import environment_settings
from tests.docs.pages import DOCS, rows


def test_every_setting_is_listed_with_its_default_and_no_other():
    listed = rows((DOCS / "settings.md").read_text())
    assert listed == [[f"`{name}`", f"`{default}`", text] for name, default, text in environment_settings()]
