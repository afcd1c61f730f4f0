"""Settings: read once, typed, refused by name."""

import stat
from pathlib import Path

import pytest

from app.config import SettingsError, is_localhost, load_settings

PRODUCTION = {"PUBLIC_URL": "https://keys.example.com", "SECRET_KEY": "s" * 32, "MAIL_SERVER": "smtp.example.com"}


def load(tmp_path, **environ):
    return load_settings(environ, instance_path=tmp_path)


def test_nothing_set_is_dev_mode_on_localhost_with_sqlite(tmp_path):
    settings = load(tmp_path)
    assert settings.dev_mode
    assert settings.public_url == "http://localhost:7860"
    assert settings.database_url == f"sqlite:///{tmp_path}/keydesk.db"
    assert settings.trusted_hosts == ("localhost",)
    assert (settings.workers, settings.valkey_url, settings.trusted_hops) == (1, None, 0)


def test_the_port_moves_the_public_url(tmp_path):
    assert load(tmp_path, PORT="8000").public_url == "http://localhost:8000"


def test_the_dev_secret_is_made_once_and_kept_for_its_owner_only(tmp_path):
    first = load(tmp_path).secret_key
    assert len(first.reveal()) == 64
    assert load(tmp_path).secret_key == first
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("PORT", "７８６０"),
        ("WORKERS", "0"),
        ("TRUSTED_HOPS", "-1"),
        ("PUBLIC_URL", "keys.example.com"),
        ("PUBLIC_URL", "ftp://keys.example.com"),
        ("PUBLIC_URL", "https://keys.example.com/path"),
        ("PUBLIC_URL", "https://user@keys.example.com"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("DATABASE_URL", "keydesk.db"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("PUBLIC_URL", "https://keys.example.com:port"),
        ("PUBLIC_URL", "https://keys.example.com:99999"),
        ("VALKEY_URL", "http://localhost"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY_FALLBACKS", "short," + "s" * 32),
        ("DERIVATION_SECRET", "short"),
        ("TRUSTED_HOSTS", "https://keys.example.com"),
        ("MAIL_PORT", "smtp"),
        ("MAIL_USE_TLS", "perhaps"),
        ("MAIL_DEFAULT_SENDER", "nobody"),
        ("SIGN_UP", "example.com,not a domain"),
        ("SIGN_UP", ","),
        ("SIGN_UP_CREDITS", "-5"),
        ("ENABLE_TEST_TOKEN_ENDPOINT", "maybe"),
        ("POLICY_FILE", "/nowhere/policy.toml"),
        ("RATE_LIMIT_FAIL", "shut"),
        ("KEY_PREFIX", "Whk_"),
        ("KEY_PREFIX", "whk"),
        ("AGENT_KEY_PREFIX", "whk_"),
        ("LINK_LIFETIME", "5"),
        ("SESSION_IDLE", "1e9"),
        ("USAGE_RETENTION_DAYS", "0"),
    ],
)
def test_a_bad_value_is_refused_by_name_with_what_would_do(tmp_path, name, value):
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, **{name: value})
    assert name in refused.value.problems
    assert refused.value.problems[name]


def test_all_bad_values_are_named_at_once(tmp_path):
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, PORT="x", WORKERS="y")
    assert set(refused.value.problems) == {"PORT", "WORKERS"}


def test_production_needs_mail_https_and_a_secret_and_says_which_is_missing(tmp_path):
    assert not load(tmp_path, **PRODUCTION).dev_mode
    for name, changed in [
        ("MAIL_SERVER", {"MAIL_SERVER": ""}),
        ("PUBLIC_URL", {"PUBLIC_URL": "http://keys.example.com"}),
        ("SECRET_KEY", {"SECRET_KEY": ""}),
    ]:
        with pytest.raises(SettingsError) as refused:
            load(tmp_path, **(PRODUCTION | changed))
        assert list(refused.value.problems) == [name]


def test_resend_is_mail_too(tmp_path):
    settings = load(tmp_path, **(PRODUCTION | {"MAIL_SERVER": "", "RESEND_API_KEY": "re_123"}))
    assert settings.has_mail


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Keydesk <keys@example.com>", "Keydesk <keys@example.com>"),
        ("keys@example.com", "keys@example.com"),
        ("Schlüssel <keys@straße.de>", "Schlüssel <keys@xn--strae-oqa.de>"),
    ],
)
def test_mail_is_sent_from_the_domain_that_was_written(tmp_path, written, kept):
    assert load(tmp_path, MAIL_DEFAULT_SENDER=written).mail_default_sender == kept


def test_with_mail_on_localhost_it_is_not_dev_mode_and_needs_a_secret(tmp_path):
    settings = load(tmp_path, MAIL_SERVER="127.0.0.1", SECRET_KEY="s" * 32)
    assert not settings.dev_mode
    assert not settings.secure_cookies
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        load(tmp_path, MAIL_SERVER="127.0.0.1")


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("a.b.localhost", True),
        ("127.0.0.1", True),
        ("127.255.0.9", True),
        ("::1", True),
        ("[::1]", True),
        ("128.0.0.1", False),
        ("localhost.example.com", False),
        ("notlocalhost", False),
        ("0.0.0.0", False),
        ("", False),
    ],
)
def test_what_localhost_means(host, local):
    assert is_localhost(host) is local


@pytest.mark.parametrize("given", ["postgres://u:p@h/db", "postgresql://u:p@h/db", "postgresql+psycopg://u:p@h/db"])
def test_postgresql_is_spoken_to_by_one_driver(tmp_path, given):
    assert load(tmp_path, DATABASE_URL=given).database_url == "postgresql+psycopg://u:p@h/db"


def test_a_relative_sqlite_path_is_the_projects_not_the_working_directorys(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load(tmp_path, DATABASE_URL="sqlite:///instance/keydesk.db")
    assert settings.database_url == f"sqlite:///{Path(__file__).parents[2]}/instance/keydesk.db"


def test_a_default_port_is_not_part_of_the_public_url(tmp_path):
    assert load(tmp_path, **(PRODUCTION | {"PUBLIC_URL": "https://Keys.example.com:443/"})).public_url == (
        "https://keys.example.com"
    )


def test_sign_up_domains_are_kept_as_addresses_are(tmp_path):
    assert load(tmp_path, SIGN_UP="@Bücher.example, example.org").sign_up == ("xn--bcher-kva.example", "example.org")


def test_the_public_host_is_trusted_beside_others(tmp_path):
    settings = load(tmp_path, **PRODUCTION, TRUSTED_HOSTS="internal")
    assert settings.trusts_host("keys.example.com")
    assert settings.trusts_host("internal:8080")
    assert not settings.trusts_host("elsewhere")


def test_redis_urls_are_spoken_to_by_the_valkey_client(tmp_path):
    assert load(tmp_path, VALKEY_URL="redis://h:1/0").valkey_url == "valkey://h:1/0"
    assert load(tmp_path, VALKEY_URL="rediss://h:1/0").valkey_url == "valkeys://h:1/0"


def test_a_policy_that_leaves_out_a_route_of_ours_is_refused(tmp_path):
    from app import create_app

    policy = tmp_path / "access_policy.toml"
    policy.write_text('default_scopes = ["a"]\n[scopes.a]\ndescription = "A"\n')
    with pytest.raises(SettingsError, match="lists no route for"):
        create_app(load(tmp_path, POLICY_FILE=str(policy)))


def test_a_dotenv_file_is_read_and_the_environment_wins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("PORT=8001\nWORKERS=3\n")
    monkeypatch.setenv("PORT", "8002")
    monkeypatch.delenv("WORKERS", raising=False)
    settings = load_settings(instance_path=tmp_path)
    assert (settings.port, settings.workers) == (8002, 3)
