"""`python -m app.cli serve`: starts from nothing, or says what is missing."""

import re
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing

import psutil
import pytest

from app.config import consistency, environment_settings, load_settings
from tests.servers import ROOT, SECRET, SERVE, environment, free_port, run, serving
from tests.system.visitors import Visitor, query

BAD = {
    "MAX_KEYS_PER_ORG": "-1",
    "PUBLIC_URL": "keys.example.com",
    "PORT": "70000",
    "WORKERS": "none",
    "DATABASE_URL": "mysql://localhost/keydesk",
    "VALKEY_URL": "localhost:6379",
    "SECRET_KEY": "short",
    "DERIVATION_SECRET": "short",
    "TRUSTED_HOSTS": "keys.example.com:443",
    "API_URLS": "https://api.example.com/v1",
    "TRUSTED_HOPS": "-1",
    "MAIL_PORT": "smtp",
    "MAIL_USE_TLS": "perhaps",
    "MAIL_DEFAULT_SENDER": "Keydesk",
    "SIGN_UP": "nobody",
    "SIGN_UP_CREDITS": "1.5",
    "ENABLE_TEST_TOKEN_ENDPOINT": "2",
    "RATE_LIMIT_FAIL": "ajar",
    "KEY_PREFIX": "whk",
    "AGENT_KEY_PREFIX": "OWK_",
    "SIGN_UP_KEY_PREFIX": "_",
    "TEST_KEY_PREFIX": "1_",
    "SESSION_TOKEN_PREFIX": "owt-",
    "LINK_LIFETIME": "15m",
    "EMAIL_CODE_LIFETIME": "0",
    "SIGN_UP_CODE_LIFETIME": "1e4",
    "SESSION_TOKEN_LIFETIME": "-900",
    "SESSION_IDLE": "1",
    "SESSION_MAX": "٩٠٠٠",
    "USAGE_RETENTION_DAYS": "0",
    "KEYDESK_HOME": "data",
    "METRICS_BIND": "9464",
    "METRICS_TOKEN": "short",
    "LOG_FORMAT": "xml",
    "LOG_LEVEL": "loud",
    "ACCESS_LOG": "maybe",
}
#: Any text will do for these, or they are checked once all others are good (see below).
NOT_READ_ALONE = {
    "HOST",
    "MAIL_SERVER",
    "MAIL_USERNAME",
    "MAIL_PASSWORD",
    "RESEND_API_KEY",
    "POLICY_FILE",
    "SECRET_KEY_FALLBACKS",
}


def named(stderr):
    """The settings that a refusal names."""
    return {line.split()[0] for line in stderr.splitlines() if line.startswith("  ")}


def test_from_nothing_it_makes_its_sqlite_database_and_a_second_start_keeps_it(tmp_path):
    file = tmp_path / "new" / "folder" / "keydesk.db"
    with serving(f"sqlite:///{file}", tmp_path, command=SERVE) as server, Visitor(server) as visitor:
        assert f"Keydesk is at http://localhost:{server.url.rpartition(':')[2]}" in server.log
        assert "Dev mode" in server.log
        assert " WARNING " not in server.log
        key = visitor.sign_in("alice@example.com").create_key()["key"]
        assert visitor.me(key).status_code == 200
        assert "devLink: http://localhost:" in server.log
    with serving(f"sqlite:///{file}", tmp_path, command=SERVE) as server, Visitor(server) as visitor:
        assert visitor.me(key).status_code == 200
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def refuses_until_init(database, folder):
    refused = run(database, folder, "serve")
    assert refused.returncode == 1
    assert "python -m app.cli init" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_on_postgresql_it_refuses_no_schema_and_an_old_one_and_serves_after_init(postgresql, tmp_path):
    database = postgresql.create_database()
    refuses_until_init(database, tmp_path)
    initialized = run(database, tmp_path, "init")
    assert initialized.returncode == 0, initialized.stderr
    assert initialized.stdout.splitlines() == [
        "Initializing Database structure...",
        "Database initialized successfully.",
    ]
    with serving(database, tmp_path, command=SERVE) as server, Visitor(server) as visitor:
        key = visitor.sign_in("alice@example.com").create_key()["key"]
        assert visitor.me(key).status_code == 200
    query(database, "UPDATE alembic_version SET version_num = '0000'")
    refuses_until_init(database, tmp_path)


def test_a_database_server_that_is_not_there_is_said_in_a_line_without_its_password(tmp_path):
    url = f"postgresql://keydesk:open-sesame@127.0.0.1:{free_port()}/keydesk"
    refused = run(url, tmp_path, "serve")
    assert refused.returncode == 1
    assert "Cannot connect to the database at DATABASE_URL" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "open-sesame" not in refused.stderr + refused.stdout


def refused(operator, **settings):
    """What `serve` says on stderr to these settings. It refuses before it serves: so it may run in this process."""
    done = operator.try_to("serve", **settings)
    assert (done.exit_code, done.stdout) == (2, "")
    return done.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_port_that_another_program_has_is_named(operator, host):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"PORT {port} is not available" in refused(operator, PORT=str(port), HOST=host)


def test_a_port_that_another_keydesk_has_is_not_shared_with_it(database, tmp_path, operator):
    with serving(database, tmp_path, command=SERVE, HOST="localhost") as server:
        port = server.url.rpartition(":")[2]
        assert f"PORT {port} is not available" in refused(operator, PORT=port)


def test_a_host_that_is_not_ours_is_named(operator):
    assert named(refused(operator, HOST="203.0.113.7")) == {"HOST"}


def test_every_bad_setting_is_refused_by_name_all_at_once(database, tmp_path):
    assert BAD.keys() | NOT_READ_ALONE == {name for name, _, _ in environment_settings()}
    process = run(database, tmp_path, "serve", **BAD)
    assert process.returncode == 2
    assert named(process.stderr) == set(BAD)
    assert "Traceback" not in process.stderr + process.stdout


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"PUBLIC_URL": "http://keys.example.com", "SECRET_KEY": ""}, {"MAIL_SERVER", "PUBLIC_URL", "SECRET_KEY"}),
        ({"PUBLIC_URL": "https://keys.example.com"}, {"MAIL_SERVER"}),
        (
            {"PUBLIC_URL": "https://keys.example.com", "MAIL_SERVER": "mail.example.com", "SECRET_KEY": ""},
            {"SECRET_KEY"},
        ),
        ({"PUBLIC_URL": "http://keys.example.com", "RESEND_API_KEY": "re_1"}, {"PUBLIC_URL"}),
        ({"KEY_PREFIX": "of_"}, {"KEY_PREFIX", "SIGN_UP_KEY_PREFIX"}),
        ({"SECRET_KEY_FALLBACKS": "short"}, {"SECRET_KEY_FALLBACKS"}),
        ({"POLICY_FILE": "/nowhere/policy.toml"}, {"POLICY_FILE"}),
    ],
)
def test_what_cannot_be_served_is_refused_by_name(operator, settings, names):
    assert named(refused(operator, **settings)) == names


def test_settings_are_read_from_env_file_here_and_the_environment_wins(operator, tmp_path):
    (tmp_path / ".env").write_text("WORKERS=many\nKEY_PREFIX=whk\n")
    assert named(refused(operator, KEY_PREFIX="mine_")) == {"WORKERS"}


def test_workers_end_with_a_server_that_was_killed_and_free_its_port(database, tmp_path):
    with serving(database, tmp_path, command=SERVE) as server:
        workers = psutil.Process(server.process.pid).children()
        server.process.kill()
        server.process.wait(10)
        assert len(workers) == 1
        assert psutil.wait_procs(workers, 10)[1] == []
    with (
        serving(database, tmp_path, command=SERVE, port=int(server.url.rpartition(":")[2])) as again,
        Visitor(again) as visitor,
    ):
        visitor.sign_in("alice@example.com")


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        ({}, set()),
        ({"TRUSTED_HOPS": "1"}, {"TRUSTED_HOPS"}),
        ({"API_URLS": "https://api.example.com"}, {"API_URLS"}),
        ({"HOST": "0.0.0.0", "TRUSTED_HOSTS": "localhost,keys.example.com"}, {"HOST", "TRUSTED_HOSTS"}),
        ({"PUBLIC_URL": "https://keys.example.com", "MAIL_SERVER": "127.0.0.1"}, {"TRUSTED_HOPS"}),
        ({"PUBLIC_URL": "https://keys.example.com", "MAIL_SERVER": "127.0.0.1", "TRUSTED_HOPS": "1"}, set()),
    ],
)
def test_settings_that_are_likely_a_mistake_are_named(database, tmp_path, settings, warned):
    found = load_settings({"DATABASE_URL": database, "SECRET_KEY": SECRET} | settings, instance_path=tmp_path)
    assert consistency.warnings(found).keys() == warned


def test_a_server_that_starts_says_which_settings_are_likely_a_mistake(database, tmp_path):
    with serving(
        database, tmp_path, command=SERVE, HOST="0.0.0.0", TRUSTED_HOSTS="localhost,keys.example.com"
    ) as server:
        warned = re.findall(r"WARNING - setting.doubtful .* setting=(.*)", server.log)
    assert set(warned) == {"HOST", "TRUSTED_HOSTS"}


def test_gunicorn_refuses_bad_settings_too(database, tmp_path):
    refused = subprocess.run(
        [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{free_port()}", "--chdir", str(ROOT)],
        cwd=tmp_path,
        env=environment(database, 7860, KEY_PREFIX="whk"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode != 0
    assert "KEY_PREFIX: must have only lower-case" in refused.stderr
