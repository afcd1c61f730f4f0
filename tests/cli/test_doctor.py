"""`doctor`: each bad finding names its fix."""

import json

import pytest
from sqlalchemy import make_url

from app.services import outbox, sign_in
from tests.databases import damage_keys
from tests.servers import free_port
from tests.system.visitors import query

BOTH = pytest.mark.databases("sqlite", "postgresql")
SECRET = "s" * 32
FOUND = ("settings", "workers", "database", "migrations", "clock", "outbox", "audit log", "files")


def examined(operator, **settings):
    """The exit code, and (ok, detail) by what was looked at."""
    done = operator.try_to("doctor", "--json", **settings)
    assert done.stderr == ""
    found = {row["check"]: (row["ok"], row["detail"]) for row in json.loads(done.stdout)["data"]}
    assert done.exit_code == (0 if all(ok for ok, _ in found.values()) else 1)
    return found


def bad(found):
    return {what: detail for what, (ok, detail) in found.items() if not ok}


@BOTH
def test_with_nothing_wrong_it_says_so_line_by_line(operator):
    lines = operator.run("doctor").splitlines()
    assert [line.split(":")[0] for line in lines] == [
        f"ok   {what}" for what in (*FOUND, *(["disk"] if "SQLite" in "".join(lines) else []), "mail")
    ]


@pytest.mark.parametrize(
    ("settings", "what", "fix"),
    [
        ({"PORT": "many"}, "setting PORT", "a whole number from 1 to 65535"),
        ({"PUBLIC_URL": "https://keys.example.com"}, "setting MAIL_SERVER", "must be mailed"),
        ({"POLICY_FILE": "/nowhere.toml"}, "setting POLICY_FILE", "does not exist"),
        ({"HOST": "0.0.0.0"}, "setting HOST", "other machines can reach a server in dev mode"),
        ({"TRUSTED_HOSTS": "keys.example.com"}, "setting TRUSTED_HOSTS", "which is not this machine"),
        ({"TRUSTED_HOPS": "1"}, "setting TRUSTED_HOPS", "are not shown through a proxy"),
        (
            {"PUBLIC_URL": "https://keys.example.com", "MAIL_SERVER": "127.0.0.1", "SECRET_KEY": SECRET},
            "setting TRUSTED_HOPS",
            "Set it to the number of your proxies",
        ),
        ({"WORKERS": "4"}, "workers", "without VALKEY_URL: set it, or WORKERS=1"),
    ],
)
def test_a_setting_that_does_not_do_is_named_with_what_would(operator, settings, what, fix):
    assert fix in bad(examined(operator, **settings))[what]


def test_a_policy_that_leaves_out_a_route_is_a_finding_too(operator, tmp_path):
    (tmp_path / "route_policy.toml").write_text('default_scopes = ["a"]\n[scopes.a]\ndescription = "A"\n')
    assert "lists no route" in bad(examined(operator, POLICY_FILE="route_policy.toml"))["setting POLICY_FILE"]


def test_a_database_that_is_down_is_named(operator, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    for url in (
        f"postgresql://127.0.0.1:{free_port()}/keydesk",
        f"sqlite:///{tmp_path}/folder",
        f"sqlite:///{tmp_path}/file/keydesk.db",
    ):
        assert bad(examined(operator, DATABASE_URL=url)).keys() == {"database"}
        assert "start it, or correct DATABASE_URL" in bad(examined(operator, DATABASE_URL=url))["database"]


def test_migrations_that_were_not_run_are_named_with_the_command(at_desk, postgresql, tmp_path):
    for url in (f"sqlite:///{tmp_path}/empty.db", postgresql.create_database()):
        operator = at_desk(url)
        assert bad(examined(operator)) == {"migrations": "not up to date: run python -m app.cli init"}
        operator.run("init")
        assert bad(examined(operator)) == {}


@pytest.mark.own_app
def test_a_damaged_file_is_named_with_the_way_out(operator, app, settings):
    with app.app_context():
        damage_keys(settings.database_url)
    found = bad(examined(operator))["database"]
    assert found.startswith("the file is damaged (")
    assert found.endswith("stop Keydesk, keep a copy of the file, and restore a backup")


def test_a_mail_server_that_is_down_is_named(operator):
    mail = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(free_port()), "MAIL_USE_TLS": "false"}
    assert "ConnectionRefusedError: check MAIL_SERVER" in bad(examined(operator, **mail))["mail"]


def test_a_valkey_that_is_down_is_named(operator):
    down = examined(operator, VALKEY_URL=f"valkey://127.0.0.1:{free_port()}")
    assert bad(down) == {"valkey": "not reachable: start it, or correct VALKEY_URL"}


def test_a_clock_that_is_off_is_named(at_desk, postgresql):
    url = postgresql.create_database()
    at_desk(url).run("init")
    # A server whose clock is an hour ahead: its own function comes before the built-in one.
    query(url, f"ALTER DATABASE {make_url(url).database} SET search_path = public, pg_catalog")
    ahead = "SELECT pg_catalog.clock_timestamp() + interval '1 hour'"
    query(url, f"CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $${ahead}$$")
    assert bad(examined(at_desk(url))) == {"clock": "3600 seconds off the database's clock: set up NTP"}


@BOTH
def test_mail_that_does_not_go_out_is_counted_with_the_reason(operator, app, set_settings, clock):
    set_settings(mail_server="127.0.0.1")
    assert examined(operator)["outbox"] == (True, "0 unsent, 0 failed in the last 7 days")
    runtime = app.extensions["runtime"]

    def fails(_letter):
        raise outbox.DeliveryFailed("SMTPRecipientsRefused 550", for_good=True)

    def is_down(_letter):
        raise ConnectionRefusedError

    with app.app_context():
        sign_in.request_link(runtime, email="typo@example.com", client="203.0.113.1")
        outbox.send_next(runtime, fails)
    said = "0 unsent, 1 failed in the last 7 days; the last reason was SMTPRecipientsRefused 550"
    assert examined(operator)["outbox"] == (True, said)
    clock.advance(seconds=1)
    with app.app_context():
        sign_in.request_link(runtime, email="ann@example.com", client="203.0.113.1")
        outbox.send_next(runtime, is_down)
    said = "1 unsent, 1 failed in the last 7 days; the last reason was ConnectionRefusedError"
    assert bad(examined(operator)) == {"outbox": said}
