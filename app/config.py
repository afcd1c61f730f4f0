"""Settings: each is read from the environment once, typed, and refused by name when it is bad.

The table in README.md lists the same names and defaults; a test compares the two.
"""

import os
import re
import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values

from app.domain import emails
from app.domain.errors import DomainError
from app.domain.scopes import Policy, PolicyError, parse_policy

_PREFIX = re.compile(r"[a-z][a-z0-9_]*_", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST_PATTERN = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:]+\]", re.ASCII)
VERSION = "0.1.0"
ROOT = Path(__file__).resolve().parent.parent


class SettingsError(Exception):
    """One or more settings cannot be used; `problems` maps their names to what is wrong."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("\n".join(f"{name}: {problem}" for name, problem in problems.items()))


def is_localhost(host: str) -> bool:
    """`localhost`, `*.localhost`, 127.0.0.0/8 and `::1`; `host` without a port."""
    host = host.strip("[]").lower().rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _text(value: str) -> str:
    return value


def _integer(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(value)

    return parse


def _boolean(value: str) -> bool:
    if value.lower() in {"true", "1", "yes", "on"}:
        return True
    if value.lower() in {"false", "0", "no", "off"}:
        return False
    raise ValueError("must be true or false")


def _words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def _prefix(value: str) -> str:
    if not _PREFIX.fullmatch(value):
        raise ValueError("must be lower-case letters, digits and _, beginning with a letter and ending with _")
    return value


def _url(value: str) -> str:
    parts = urlsplit(value)
    port = parts.port  # raises ValueError for what is no port
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("must be an address like https://keys.example.com")
    if parts.path not in {"", "/"}:
        raise ValueError("must have no path: Keydesk answers at the root of its host")
    host = parts.netloc.lower()
    return f"{parts.scheme}://{host.removesuffix(f':{port}') if port == _DEFAULT_PORTS[parts.scheme] else host}"


def _valkey_url(value: str) -> str:
    scheme, _, rest = value.partition("://")
    scheme = {"redis": "valkey", "rediss": "valkeys", "unix": "valkey+unix"}.get(scheme, scheme)
    if scheme not in {"valkey", "valkeys", "valkey+unix"}:
        raise ValueError("must begin with valkey:// or redis://")
    return f"{scheme}://{rest}"


def _database_url(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    if not separator or scheme.split("+")[0] not in {"sqlite", "postgresql", "postgres"}:
        raise ValueError("must begin with sqlite:/// or postgresql://")
    if not scheme.startswith("sqlite"):
        return f"postgresql+psycopg://{rest}"
    path = rest.removeprefix("/")
    if not path or path.startswith(":") or not rest.startswith("/"):
        raise ValueError("must name a file, like sqlite:///instance/keydesk.db: memory is not shared by threads")
    return f"sqlite:///{ROOT / path}"


def _sign_up(value: str) -> str | tuple[str, ...]:
    if value in {"open", "invited"}:
        return value
    try:
        domains = tuple(emails.domain_of(emails.normalise(f"a@{word.lstrip('@')}")) for word in _words(value))
    except DomainError:
        domains = ()
    if not domains:
        raise ValueError("must be open, invited, or domains like example.com,example.org")
    return domains


def _hosts(value: str) -> tuple[str, ...]:
    hosts = tuple(word.lower() for word in _words(value))
    for host in hosts:
        if not _HOST_PATTERN.fullmatch(host):
            raise ValueError(f"must be host names without a port, separated by commas; {host!r} is not one")
    return hosts


def _fail_mode(value: str) -> str:
    if value not in {"closed", "open"}:
        raise ValueError("must be closed or open")
    return value


def _secret(value: str) -> str:
    if len(value) < 32:
        raise ValueError("must have at least 32 characters, e.g. from: openssl rand -hex 32")
    return value


def _sender(value: str) -> str:
    address = value.partition("<")[2].rstrip("> ") if "<" in value else value
    try:
        emails.normalise(address)
    except DomainError:
        raise ValueError("must be an address like Keydesk <keys@example.com>") from None
    return value


def _setting(parse: Callable[[str], Any], default: Any, doc: str, shown: str | None = None) -> Any:
    """`shown` is how the README writes the default when the value itself would not do."""
    return field(default=default, metadata={"parse": parse, "doc": doc, "shown": shown})


@dataclass(frozen=True)
class Settings:
    """What the environment says. Lifetimes are in seconds. `None` means not set."""

    public_url: str = _setting(
        _url, "", "Where people reach Keydesk; links are built from it", "http://localhost:{PORT}"
    )
    host: str = _setting(_text, "127.0.0.1", "Address to listen on")
    port: int = _setting(_integer(1, 65535), 7860, "Port to listen on")
    workers: int = _setting(_integer(1, 256), 1, "Server processes; more than one needs VALKEY_URL")
    database_url: str = _setting(_database_url, "", "SQLite or PostgreSQL", "sqlite:///instance/keydesk.db")
    valkey_url: str | None = _setting(_valkey_url, None, "Where processes share rate limits; without it in memory")
    secret_key: str = _setting(
        _secret, "", "Signs links; dev mode makes one and keeps it in instance/", "made in dev mode"
    )
    secret_key_fallbacks: tuple[str, ...] = _setting(_words, (), "Earlier SECRET_KEYs, comma-separated, still accepted")
    derivation_secret: str | None = _setting(_secret, None, "Derives sign-up keys", "derived from SECRET_KEY")
    trusted_hosts: tuple[str, ...] = _setting(_hosts, (), "Host names to answer to", "PUBLIC_URL's host")
    trusted_hops: int = _setting(_integer(0, 10), 0, "Proxies in front whose X-Forwarded-For is believed")
    mail_server: str | None = _setting(_text, None, "SMTP server")
    mail_port: int = _setting(_integer(1, 65535), 587, "SMTP port; 465 means TLS from the start")
    mail_username: str | None = _setting(_text, None, "SMTP user name")
    mail_password: str | None = _setting(_text, None, "SMTP password")
    mail_use_tls: bool = _setting(_boolean, True, "STARTTLS, with the certificate verified")
    mail_default_sender: str = _setting(_sender, "", "From address", "Keydesk <keydesk@PUBLIC_URL's host>")
    resend_api_key: str | None = _setting(_text, None, "Mail through Resend's SMTP instead of MAIL_SERVER")
    sign_up: str | tuple[str, ...] = _setting(_sign_up, "open", "Who may sign up: open, invited, or domains")
    sign_up_credits: int = _setting(_integer(0, 10**9), 1000, "Credits that a new organization begins with")
    enable_test_token_endpoint: bool = _setting(_boolean, False, "POST /v1/auth/test-token, in dev mode only")
    policy_file: str | None = _setting(_text, None, "Your own scopes and routes (TOML)", "app/policy.toml")
    rate_limit_fail: str = _setting(_fail_mode, "closed", "With Valkey down: closed refuses, open lets pass")
    key_prefix: str = _setting(_prefix, "whk_", "Keys from dashboard, API and CLI")
    agent_key_prefix: str = _setting(_prefix, "owk_live_", "Keys that agents create with a mailed code")
    sign_up_key_prefix: str = _setting(_prefix, "of_", "Keys from agent sign-up")
    test_key_prefix: str = _setting(_prefix, "whk_test_", "Test tokens")
    session_token_prefix: str = _setting(_prefix, "owt_", "Session tokens of agents")
    link_lifetime: int = _setting(_integer(60, 86400), 900, "Sign-in link")
    email_code_lifetime: int = _setting(_integer(60, 86400), 600, "Code mailed to an agent's person")
    sign_up_code_lifetime: int = _setting(_integer(60, 604800), 86400, "Code of agent sign-up")
    session_token_lifetime: int = _setting(_integer(60, 86400), 900, "Session token of an agent")
    session_idle: int = _setting(_integer(300, 31536000), 604800, "Dashboard session without use")
    session_max: int = _setting(_integer(300, 31536000), 2592000, "Dashboard session in all")
    usage_retention_days: int = _setting(_integer(1, 3650), 400, "How long hourly counts are kept")

    #: Not from the environment: the folder for the database, the dev secret and nothing else.
    instance_path: Path = field(default=ROOT / "instance", metadata={"internal": True})
    #: Not from the environment: what POLICY_FILE says.
    policy: Policy = field(default=None, metadata={"internal": True})  # type: ignore[assignment]

    @property
    def public_host(self) -> str:
        return urlsplit(self.public_url).hostname or ""

    @property
    def resource_metadata_url(self) -> str:
        """Where programs that were refused learn how to get in (RFC 9728 5.1)."""
        return f"{self.public_url}/.well-known/oauth-protected-resource"

    @property
    def on_localhost(self) -> bool:
        return is_localhost(self.public_host)

    @property
    def has_mail(self) -> bool:
        return bool(self.mail_server or self.resend_api_key)

    @property
    def dev_mode(self) -> bool:
        """No mail transport and PUBLIC_URL on localhost: links come back in the answer instead of by mail."""
        return not self.has_mail and self.on_localhost

    @property
    def secure_cookies(self) -> bool:
        return not self.on_localhost

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def secret_keys(self) -> list[str]:
        """Oldest first, the current one last: the order that itsdangerous wants."""
        return [*reversed(self.secret_key_fallbacks), self.secret_key]

    def trusts_host(self, host: str) -> bool:
        """Whether a request may name this `Host` (a port is ignored)."""
        name = re.sub(r":\d*$", "", host).lower()
        return name == self.public_host or name in self.trusted_hosts or is_localhost(name)


def environment_settings() -> list[tuple[str, str, str]]:
    """(name, default as the README shows it, what it is) of every setting."""
    rows = []
    for item in fields(Settings):
        if not item.metadata.get("internal"):
            shown = item.metadata["shown"] or _shown(item.default)
            rows.append((item.name.upper(), shown, item.metadata["doc"]))
    return rows


def load_settings(environ: Mapping[str, str] | None = None, *, instance_path: Path | None = None) -> Settings:
    """Reads the environment (by default the process's own, with `.env` of the working directory behind it).

    Raises `SettingsError` with every problem at once.
    """
    if environ is None:
        environ = {**{k: v for k, v in dotenv_values(".env").items() if v is not None}, **os.environ}
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for item in fields(Settings):
        raw = environ.get(item.name.upper(), "").strip()
        if item.metadata.get("internal") or not raw:
            continue
        try:
            values[item.name] = item.metadata["parse"](raw)
        except ValueError as error:
            problems[item.name.upper()] = str(error)
    values["instance_path"] = instance_path or ROOT / "instance"
    if problems:
        raise SettingsError(problems)
    return _complete(values)


def _complete(values: dict[str, Any]) -> Settings:
    """Fills the defaults that depend on other settings, and refuses combinations that cannot be served."""
    problems: dict[str, str] = {}
    try:
        values["policy"] = _load_policy(values.get("policy_file"))
    except (OSError, ValueError) as error:
        problems["POLICY_FILE"] = str(error)
    values.setdefault("public_url", f"http://localhost:{values.get('port', Settings.port)}")
    draft = Settings(**values)
    values.setdefault("database_url", f"sqlite:///{draft.instance_path / 'keydesk.db'}")
    values.setdefault("trusted_hosts", (draft.public_host,))
    values.setdefault("mail_default_sender", f"Keydesk <keydesk@{draft.public_host}>")
    problems |= _refusals(draft)
    if problems:
        raise SettingsError(problems)
    if not draft.secret_key:
        values["secret_key"] = _kept_dev_secret(draft.instance_path)
    return Settings(**values)


def _refusals(settings: Settings) -> dict[str, str]:
    problems = {}
    prefixes = {
        name: getattr(settings, name)
        for name in (
            "key_prefix",
            "agent_key_prefix",
            "sign_up_key_prefix",
            "test_key_prefix",
            "session_token_prefix",
        )
    }
    for name, prefix in prefixes.items():
        if list(prefixes.values()).count(prefix) > 1:
            problems[name.upper()] = f"{prefix!r} is used for two kinds of credential; prefixes must differ"
    if any(len(secret) < 32 for secret in settings.secret_key_fallbacks):
        problems |= {"SECRET_KEY_FALLBACKS": "each must have at least 32 characters"}
    if settings.dev_mode:
        return problems
    if not settings.has_mail:
        problems["MAIL_SERVER"] = (
            f"is missing (or RESEND_API_KEY): PUBLIC_URL {settings.public_url} is not localhost, so sign-in links must"
            " be mailed"
        )
    if settings.public_url.startswith("http://") and not settings.on_localhost:
        problems["PUBLIC_URL"] = "must begin with https:// outside localhost: cookies and keys travel over it"
    if not settings.secret_key:
        problems |= {"SECRET_KEY": "is missing: make one with openssl rand -hex 32 and keep it"}
    return problems


def _load_policy(path: str | None) -> Policy:
    file = Path(path) if path else ROOT / "app" / "policy.toml"
    try:
        return parse_policy(tomllib.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ValueError(f"there is no file {file}") from None
    except (PolicyError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{file}: {error}") from None


def _kept_dev_secret(instance_path: Path) -> str:
    """Dev mode's secret, made once. Two processes may start at the same moment: the first file wins."""
    instance_path.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = instance_path / "secret_key"
    if not file.exists():
        fresh = instance_path / f"secret_key.{os.getpid()}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32), encoding="ascii")
        try:
            os.link(fresh, file)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return file.read_text(encoding="ascii").strip()


def _shown(default: Any) -> str:
    if default is None or default in ((), ""):
        return "none"
    if isinstance(default, bool):
        return "true" if default else "false"
    return str(default)
