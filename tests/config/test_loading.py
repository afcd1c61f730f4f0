"""From the environment to settings: defaults, what is missing, and everything that is wrong at once."""

import stat

import pytest

from app.config import ROOT, SettingsError, consistency, load_settings
from tests.config.environments import PRODUCTION, load


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


def test_with_mail_on_localhost_it_is_not_dev_mode_and_needs_a_secret(tmp_path):
    settings = load(tmp_path, MAIL_SERVER="127.0.0.1", SECRET_KEY="s" * 32)
    assert not settings.dev_mode
    assert not settings.secure_cookies
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        load(tmp_path, MAIL_SERVER="127.0.0.1")


def test_a_policy_that_leaves_out_a_route_of_ours_is_refused(tmp_path):
    from app import create_app

    policy = tmp_path / "route_policy.toml"
    policy.write_text('default_scopes = ["a"]\n[scopes.a]\ndescription = "A"\n')
    with pytest.raises(SettingsError, match="lists no route for"):
        create_app(load(tmp_path, POLICY_FILE=str(policy)))


def test_a_route_of_ours_cannot_be_public(tmp_path):
    from app import create_app

    shipped = (ROOT / "app" / "route_policy.toml").read_text()
    row = 'path = "/v1/audit"\nscope = "agent:r"'
    assert row in shipped
    policy = tmp_path / "route_policy.toml"
    policy.write_text(shipped.replace(row, 'path = "/v1/audit"\npublic = true'))
    with pytest.raises(SettingsError, match="GET /v1/audit is Keydesk's own"):
        create_app(load(tmp_path, POLICY_FILE=str(policy)))


def test_a_dotenv_file_is_read_and_the_environment_wins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("PORT=8001\nWORKERS=3\n")
    monkeypatch.setenv("PORT", "8002")
    monkeypatch.delenv("WORKERS", raising=False)
    settings = load_settings(instance_path=tmp_path)
    assert (settings.port, settings.workers) == (8002, 3)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"API_URLS": "http://api.example.com", **PRODUCTION}, "keys travel unencrypted"),
        ({"API_URLS": "https://keys.example.com", **PRODUCTION}, "which is Keydesk itself"),
        ({"API_URLS": "https://api.example.com"}, "which only this machine can reach"),
        ({"API_URLS": "https://api.example.com", **PRODUCTION}, None),
        ({"API_URLS": "http://localhost:8080,http://[::1]:8080"}, None),
        ({}, None),
    ],
)
def test_addresses_of_apis_that_are_likely_a_mistake_are_named(tmp_path, environ, said):
    found = consistency.warnings(load(tmp_path, **environ)).get("API_URLS")
    assert found is None if said is None else said in found


def test_data_is_in_the_folder_that_keydesk_home_names(tmp_path):
    settings = load_settings({"KEYDESK_HOME": str(tmp_path)})
    assert settings.instance_path == tmp_path
    assert settings.database_url == f"sqlite:///{tmp_path}/keydesk.db"
    assert (tmp_path / "secret_key").is_file()


def test_keydesk_home_means_the_same_in_every_folder():
    with pytest.raises(SettingsError, match="KEYDESK_HOME: must be an absolute path, like /var/lib/keydesk"):
        load_settings({"KEYDESK_HOME": "data"})
