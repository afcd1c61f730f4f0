"""Backup and restore: online, private, checked."""

import stat

import pytest

from app.domain.key_settings import KeySettings
from app.services import backup, key_verification, keys
from app.services.backup import BackupError

pytestmark = pytest.mark.databases("sqlite")


def test_a_backup_holds_what_was_there_and_restore_brings_it_back(runtime, alice, tmp_path):
    kept = keys.create(runtime, alice.member, KeySettings(name="Kept")).plaintext.reveal()
    file, seen = tmp_path / "backup.db", []
    backup.backup(runtime, file, seen.append)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert seen[-1] == 100
    lost = keys.create(runtime, alice.member, KeySettings(name="Made later")).plaintext.reveal()
    backup.restore(runtime, file, seen.append)
    assert key_verification.require(runtime, kept, scope=None)
    with pytest.raises(Exception, match="This key does not exist"):
        key_verification.require(runtime, lost, scope=None)


def test_an_existing_file_is_never_overwritten(runtime, tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text("mine")
    with pytest.raises(BackupError, match="exists"):
        backup.backup(runtime, file, lambda _: None)
    assert file.read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"not a database at all, but long enough" * 100])
def test_what_is_no_backup_is_refused_and_the_database_stays(runtime, alice, tmp_path, content):
    kept = keys.create(runtime, alice.member, KeySettings(name="Kept")).plaintext.reveal()
    file = tmp_path / "broken.db"
    file.write_bytes(content)
    with pytest.raises(BackupError):
        backup.restore(runtime, file, lambda _: None)
    assert key_verification.require(runtime, kept, scope=None)
