"""Every setting: its name, type, default and what it is.

The table in docs/settings.md lists the same names and defaults; a test compares the two.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.config import parsers
from app.config.paths import DATA_FOLDER
from app.domain.key_origin import KeyOrigin
from app.domain.route_policy import Policy
from app.domain.secret import Secret

#: Below the origin of a protected resource: how to get a credential for it (RFC 9728 3.1).
RESOURCE_METADATA = "/.well-known/oauth-protected-resource"

#: The setting with the prefix of keys of an origin. Keys of the other origins start with `key_prefix`.
PREFIX_SETTINGS = {
    KeyOrigin.AGENT: "agent_key_prefix",
    KeyOrigin.DEVICE: "agent_key_prefix",
    KeyOrigin.SIGN_UP: "sign_up_key_prefix",
    KeyOrigin.TEST: "test_key_prefix",
}


def is_localhost(host: str) -> bool:
    """`localhost`, `*.localhost`, 127.0.0.0/8 and `::1`; `host` without a port."""
    host = host.strip("[]").lower().rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _setting(
    parse: Callable[[str], Any], default: Any, doc: str, shown: str | None = None, *, holds_password: bool = False
) -> Any:
    """`shown`: the default as the documentation shows it, if not the value itself. `holds_password` keeps the value out
    of `repr`."""
    metadata = {"parse": parse, "doc": doc, "shown": shown}
    return field(default=default, repr=not holds_password, metadata=metadata)


@dataclass(frozen=True, eq=False)
class Settings:
    """The settings from the environment. Lifetimes are in seconds. None: not set."""

    public_url: str = _setting(
        parsers.url, "", "URL at which people reach Keydesk; links start with it", "http://localhost:{PORT}"
    )
    host: str = _setting(parsers.text, "127.0.0.1", "Address to listen on")
    port: int = _setting(parsers.integer(1, 65535), 7860, "Port to listen on")
    workers: int = _setting(parsers.integer(1, 256), 1, "Server processes; more than one needs VALKEY_URL")
    keydesk_home: Path | None = _setting(
        parsers.folder,
        None,
        "Folder for the SQLite database and what dev mode creates",
        "instance/ in a checkout, else ~/.local/share/keydesk",
    )
    database_url: str = _setting(
        parsers.database_url, "", "SQLite or PostgreSQL", "keydesk.db in KEYDESK_HOME", holds_password=True
    )
    valkey_url: str | None = _setting(
        parsers.valkey_url,
        None,
        "Valkey server that counts rate limits for all processes; without it, they are counted in memory",
        holds_password=True,
    )
    secret_key: Secret = _setting(
        parsers.secret,
        Secret(""),
        "Secret that signs links and makes codes; dev mode creates one in KEYDESK_HOME",
        "created in dev mode",
    )
    secret_key_fallbacks: tuple[Secret, ...] = _setting(
        parsers.secrets, (), "Earlier values of SECRET_KEY, separated by commas, that are still accepted"
    )
    derivation_secret: Secret | None = _setting(
        parsers.secret, None, "Secret from which sign-up keys are derived", "derived from SECRET_KEY"
    )
    trusted_hosts: tuple[str, ...] = _setting(
        parsers.hosts, (), "Host names that requests may use, separated by commas", "PUBLIC_URL's host"
    )
    trusted_hops: int = _setting(
        parsers.integer(0, 10), 0, "Number of proxies in front whose X-Forwarded-For is trusted"
    )
    api_urls: tuple[str, ...] = _setting(
        parsers.api_urls,
        (),
        "Origins of the APIs that forward-auth guards, separated by commas, like https://api.example.com; their clients"
        " find out there how to get a key",
    )
    mail_server: str | None = _setting(parsers.text, None, "SMTP server")
    mail_port: int = _setting(parsers.integer(1, 65535), 587, "SMTP port; 465 means TLS from the start")
    mail_username: str | None = _setting(parsers.text, None, "SMTP user name")
    mail_password: Secret | None = _setting(parsers.password, None, "SMTP password")
    mail_use_tls: bool = _setting(parsers.boolean, True, "Use STARTTLS and verify the certificate")
    mail_default_sender: str = _setting(parsers.sender, "", "From address", "Keydesk <keydesk@PUBLIC_URL's host>")
    resend_api_key: Secret | None = _setting(
        parsers.password, None, "Sends mail through Resend's SMTP server instead of MAIL_SERVER"
    )
    sign_up: str | tuple[str, ...] = _setting(
        parsers.sign_up,
        "open",
        "Who may sign up: open (everybody), invited (people who were added or invited), or email domains",
    )
    sign_up_credits: int = _setting(
        parsers.integer(0, 10**9), 1000, "Credits that the first organization of somebody gets"
    )
    max_keys_per_org: int = _setting(
        parsers.integer(0, 10**9), 10_000, "Active keys that an organization may have; 0: any number"
    )
    enable_test_token_endpoint: bool = _setting(
        parsers.boolean, False, "Test tokens at POST /v1/auth/test-token, in dev mode only"
    )
    policy_file: str | None = _setting(parsers.text, None, "Your own scopes and routes (TOML)", "app/route_policy.toml")
    rate_limit_fail: str = _setting(
        parsers.fail_mode, "closed", "With Valkey down, keys with a rate limit are refused (closed) or accepted (open)"
    )
    key_prefix: str = _setting(parsers.prefix, "whk_", "Prefix of keys from dashboard, API and command line")
    agent_key_prefix: str = _setting(
        parsers.prefix, "owk_live_", "Prefix of keys that agents get with a mailed code or a device code"
    )
    sign_up_key_prefix: str = _setting(parsers.prefix, "of_", "Prefix of keys from agent sign-up")
    test_key_prefix: str = _setting(parsers.prefix, "whk_test_", "Prefix of test tokens")
    session_token_prefix: str = _setting(parsers.prefix, "owt_", "Prefix of session tokens of agents")
    link_lifetime: int = _setting(parsers.integer(60, 86400), 900, "How long a sign-in link is valid")
    email_code_lifetime: int = _setting(
        parsers.integer(60, 86400), 600, "How long a mailed code for a session token is valid"
    )
    sign_up_code_lifetime: int = _setting(
        parsers.integer(60, 604800), 86400, "How long a mailed code for agent sign-up is valid"
    )
    session_token_lifetime: int = _setting(parsers.integer(60, 86400), 900, "How long a session token is valid")
    session_idle: int = _setting(parsers.integer(300, 31536000), 604800, "How long an unused dashboard session lasts")
    session_max: int = _setting(parsers.integer(300, 31536000), 2592000, "How long a dashboard session lasts at most")
    usage_retention_days: int = _setting(
        parsers.integer(1, 3650), 400, "How long hourly request counts are kept, in days"
    )
    metrics_bind: tuple[str, int] | None = _setting(
        parsers.bind, None, "Address and port for /metrics, like 127.0.0.1:9464; let only Prometheus reach it"
    )
    metrics_token: Secret | None = _setting(
        parsers.secret, None, "Bearer token with which PUBLIC_URL answers /metrics; without it, it does not"
    )

    log_format: str = _setting(parsers.choice("text", "json"), "text", "How log entries look: text or json")
    log_level: str = _setting(
        parsers.choice("debug", "info", "warning", "error"),
        "info",
        "From which level on Keydesk's entries are written: debug, info, warning or error",
    )
    access_log: bool = _setting(parsers.boolean, False, "Write an entry for each request to the log")

    #: Not from the environment: the folder for the SQLite database and the secret key of dev mode.
    instance_path: Path = field(default=DATA_FOLDER, metadata={"internal": True})
    #: Not from the environment: the content of POLICY_FILE.
    policy: Policy = field(default=None, metadata={"internal": True})  # type: ignore[assignment]

    @property
    def public_host(self) -> str:
        """The host of `public_url` without its port; an IPv6 address is in brackets."""
        return without_port(urlsplit(self.public_url).netloc)

    def resource_at(self, host: str) -> str:
        """The protected resource (RFC 9728) with this `Host`: one of `api_urls`, or else Keydesk itself. Some proxies
        leave out the port, so an API is found without it too."""
        host = host.lower()
        return self._resources.get(host) or self._resources.get(without_port(host), self.public_url)

    @cached_property
    def _resources(self) -> dict[str, str]:
        """The origins of Keydesk and of the APIs, by host with port, and those of the APIs by host alone. The first of
        a name counts."""
        hosts = [(urlsplit(url).netloc, url) for url in (self.public_url, *self.api_urls)]
        hosts += [(without_port(host), url) for host, url in hosts[1:]]
        return dict(reversed(hosts))

    @property
    def resource_metadata_url(self) -> str:
        """Where clients that Keydesk's own routes refuse find out how to get a credential (RFC 9728 5.1)."""
        return f"{self.public_url}{RESOURCE_METADATA}"

    def prefix_of(self, origin: KeyOrigin) -> str:
        """The prefix of keys of this origin."""
        prefix: str = getattr(self, PREFIX_SETTINGS.get(origin, "key_prefix"))
        return prefix

    @property
    def key_prefixes(self) -> list[str]:
        """The prefixes of keys of all origins, each once."""
        return list(dict.fromkeys(map(self.prefix_of, KeyOrigin)))

    @property
    def on_localhost(self) -> bool:
        return is_localhost(self.public_host)

    @property
    def has_mail(self) -> bool:
        return bool(self.mail_server or self.resend_api_key)

    @property
    def has_metrics(self) -> bool:
        """Whether `/metrics` is served, on its own port or with a token."""
        return self.metrics_bind is not None or self.metrics_token is not None

    @property
    def dev_mode(self) -> bool:
        """No mail transport, and PUBLIC_URL on localhost: links and codes are in the responses instead of in mails."""
        return not self.has_mail and self.on_localhost

    @property
    def secure_cookies(self) -> bool:
        return not self.on_localhost

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def secret_keys(self) -> list[Secret]:
        """Oldest first, the current one last: the order that itsdangerous expects."""
        return [*reversed(self.secret_key_fallbacks), self.secret_key]

    def trusts_host(self, host: str) -> bool:
        """Whether requests may have this `Host` (its port is ignored)."""
        if not host.isascii():
            return False
        try:
            name = parsers.host_name(without_port(host))
        except ValueError:
            return False
        return name == self.public_host or name in self.trusted_hosts or is_localhost(name)


def without_port(host: str) -> str:
    """`host` of a URL or a `Host` header, with an IPv6 address still in its brackets."""
    return re.sub(r":[0-9]*$", "", host)


def environment_settings() -> list[tuple[str, str, str]]:
    """(name, default as docs/settings.md shows it, what it is) of every setting."""
    rows = []
    for item in fields(Settings):
        if not item.metadata.get("internal"):
            shown = item.metadata["shown"] or _shown(item.default)
            rows.append((item.name.upper(), shown, item.metadata["doc"]))
    return rows


def _shown(default: Any) -> str:
    if default is None or default in ((), ""):
        return "none"
    if isinstance(default, bool):
        return "true" if default else "false"
    return str(default)
