"""From the text of one variable to its value: each spelling that is taken, and what is refused by name."""

from pathlib import Path

import pytest

from app.config import SettingsError, parsers
from tests.config.environments import PRODUCTION, load


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
        ("PUBLIC_URL", "https://[2001:db8::1"),
        ("PUBLIC_URL", "https://[fe80::1%25eth0]"),
        ("PUBLIC_URL", "https://[keys.example.com]"),
        ("PUBLIC_URL", "https://keys example.com"),
        ("PUBLIC_URL", "https://keys..example.com"),
        ("PUBLIC_URL", "https://-keys.example.com"),
        ("PUBLIC_URL", "https://🔑.example"),
        ("PUBLIC_URL", "https://0x7f.1"),
        ("PUBLIC_URL", "https://192.0.2.300"),
        ("TRUSTED_HOSTS", "2001:db8::1"),
        ("TRUSTED_HOSTS", "keys.example.com:443"),
        ("API_URLS", "api.example.com"),
        ("API_URLS", "https://api.example.com/v1"),
        ("API_URLS", "https://api.example.com https://b.example.com"),
        ("API_URLS", "https://api.example.com,https://user@b.example.com"),
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


@pytest.mark.parametrize(
    ("given", "origin", "host"),
    [
        ("https://[2001:db8::1]", "https://[2001:db8::1]", "[2001:db8::1]"),
        ("https://[2001:DB8:0:0::1]:8443/", "https://[2001:db8::1]:8443", "[2001:db8::1]:8443"),
        ("https://schlüssel.example", "https://xn--schlssel-95a.example", "xn--schlssel-95a.example"),
        ("https://SCHLÜSSEL.example:0443", "https://xn--schlssel-95a.example", "xn--schlssel-95a.example"),
        ("https://keys.example.com:", "https://keys.example.com", "keys.example.com"),
        ("https://192.0.2.1:8443", "https://192.0.2.1:8443", "192.0.2.1:8443"),
        ("https://key_desk.example.com", "https://key_desk.example.com", "key_desk.example.com"),
    ],
)
def test_the_public_url_is_kept_as_browsers_write_it_and_answers_under_its_own_name(tmp_path, given, origin, host):
    settings = load(tmp_path, **(PRODUCTION | {"PUBLIC_URL": given}))
    assert settings.public_url == origin
    assert settings.trusts_host(host)


def test_addresses_of_apis_are_origins_as_browsers_write_them_each_once(tmp_path):
    given = "https://API.example.com:443/, https://api.example.com,http://straße.example:8080"
    assert load(tmp_path, API_URLS=given).api_urls == ("https://api.example.com", "http://xn--strae-oqa.example:8080")
    with pytest.raises(SettingsError, match="has a path"):
        load(tmp_path, API_URLS="https://a.example,https://b.example/v1")


def test_trusted_hosts_are_kept_as_browsers_write_them(tmp_path):
    settings = load(tmp_path, **PRODUCTION, TRUSTED_HOSTS="[2001:DB8::0:1], Schlüssel.example, internal_api")
    assert settings.trusted_hosts == ("[2001:db8::1]", "xn--schlssel-95a.example", "internal_api")
    for host in ("[2001:db8::1]", "[2001:db8:0::1]:443", "xn--schlssel-95a.example:80", "internal_api"):
        assert settings.trusts_host(host)
    assert not settings.trusts_host("schlüssel.example")


def test_sign_up_domains_are_kept_as_addresses_are(tmp_path):
    assert load(tmp_path, SIGN_UP="@Bücher.example, example.org").sign_up == ("xn--bcher-kva.example", "example.org")


def test_redis_urls_are_spoken_to_by_the_valkey_client(tmp_path):
    assert load(tmp_path, VALKEY_URL="redis://h:1/0").valkey_url == "valkey://h:1/0"
    assert load(tmp_path, VALKEY_URL="rediss://h:1/0").valkey_url == "valkeys://h:1/0"


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


@pytest.mark.parametrize(("said", "meant"), [("true yes on 1", True), ("false no off 0", False)])
def test_yes_and_no_have_several_spellings_in_any_case(said, meant):
    for word in said.split():
        assert parsers.boolean(word) is parsers.boolean(word.upper()) is meant


def test_a_number_may_be_either_of_its_bounds():
    assert [parsers.integer(1, 65535)(number) for number in ("1", "65535")] == [1, 65535]


def test_a_list_is_split_at_commas_and_blanks_do_not_count():
    assert parsers.words(" a b ,, c,") == ("a b", "c")
    assert parsers.hosts("Keys.Example.com, [::1]") == ("keys.example.com", "[::1]")
