"""The project's folder and version."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VERSION = "0.1.0"
