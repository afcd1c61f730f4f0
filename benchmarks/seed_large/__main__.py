"""The command. It takes `DATABASE_URL` and `SCALE` from the environment, and nothing from `.env`: that may name the
database of a server."""

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from app import create_app
from app.config import SettingsError, load_settings
from app.extensions import db
from benchmarks.seed_large import bulk
from benchmarks.seed_large.filling import OWNER, NotEmptyError, fill
from benchmarks.seed_large.sizes import ORGANIZATIONS, Sizes
from benchmarks.servers import ROOT, SECRET

DEFAULT_FILE = ROOT / "build" / "seed-large.db"


def seed(url: str, sizes: Sizes, folder: Path) -> None:
    """Fills the empty database at `url`, and says how large it is and how long it took. Raises `SettingsError` for a
    wrong URL, and `NotEmptyError`."""
    settings = load_settings({"DATABASE_URL": url, "SECRET_KEY": SECRET}, instance_path=folder)
    began = time.monotonic()
    with create_app(settings).app_context():
        try:
            fill(sizes, datetime.now(UTC))
            size, kind = bulk.size(db.engine), db.engine.dialect.name
        finally:
            db.session.remove()
            db.engine.dispose()
    print(
        f"{sizes.keys:,} keys in {ORGANIZATIONS} organizations on {kind}:"
        f" {size:,} bytes, {time.monotonic() - began:.0f} s",
        flush=True,
    )


def sizes_or_exit() -> Sizes:
    try:
        return Sizes.of(os.environ.get("SCALE", ""))
    except ValueError:
        sys.exit("SCALE: must be a number from 0.001 to 10, for example 0.1 for a tenth of the keys")


def main() -> None:
    url = os.environ.get("DATABASE_URL") or f"sqlite:///{DEFAULT_FILE}"
    try:
        seed(url, sizes_or_exit(), DEFAULT_FILE.parent)
    except SettingsError as error:
        sys.exit(str(error))
    except NotEmptyError:
        sys.exit("DATABASE_URL: this database has organizations already; delete it first, or name an empty one")
    print(
        f"Sign in as {OWNER}, who owns the large one. Serve it with MAX_KEYS_PER_ORG=0: it has more than 10,000 keys."
    )


if __name__ == "__main__":
    main()
