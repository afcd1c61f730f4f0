"""Settings: read from the environment once, typed and checked. Errors name the setting."""

from app.config.loading import SettingsError, load_settings
from app.config.paths import ROOT, VERSION
from app.config.settings import RESOURCE_METADATA, Settings, environment_settings, is_localhost, without_port

__all__ = [
    "RESOURCE_METADATA",
    "ROOT",
    "VERSION",
    "Settings",
    "SettingsError",
    "environment_settings",
    "is_localhost",
    "load_settings",
    "without_port",
]
