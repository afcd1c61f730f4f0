"""Static files: vendored ones are what they claim to be."""

import hashlib
from pathlib import Path

VENDOR = Path(__file__).parents[2] / "static" / "vendor"


def test_vendored_files_have_their_recorded_checksums():
    recorded = dict(line.split()[::-1] for line in (VENDOR / "SHA256SUMS").read_text().splitlines())
    files = {str(file.relative_to(VENDOR)) for file in VENDOR.rglob("*") if file.suffix in {".css", ".js", ".svg"}}
    assert files == set(recorded)
    for name, checksum in recorded.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == checksum


def test_static_files_are_revalidated_not_stored_blindly(app):
    client = app.test_client()
    answer = client.get("/static/css/tokens.css", buffered=True)
    assert answer.headers["Cache-Control"] == "no-cache"
    again = client.get("/static/css/tokens.css", headers={"If-None-Match": answer.headers["ETag"]}, buffered=True)
    assert again.status_code == 304
