"""Settings of an environment that a test writes."""

from pathlib import Path

from app.config import Settings, load_settings

PRODUCTION = {"PUBLIC_URL": "https://keys.example.com", "SECRET_KEY": "s" * 32, "MAIL_SERVER": "smtp.example.com"}


def load(tmp_path: Path, **environ: str) -> Settings:
    return load_settings(environ, instance_path=tmp_path)
