"""Settings: each is read from the environment once, typed, and refused by name when it is bad."""

from app.config.loading import SettingsError, load_settings
from app.config.paths import ROOT
from app.config.settings import Settings, environment_settings, is_localhost

__all__ = ["ROOT", "Settings", "SettingsError", "environment_settings", "is_localhost", "load_settings"]
