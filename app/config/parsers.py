"""Parsers of environment variables. Each raises `ValueError`, which says what is allowed."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from app.config.paths import ROOT
from app.domain import email_address
from app.domain.errors import DomainError
from app.domain.secret import Secret

_PREFIX = re.compile(r"[a-z][a-z0-9_]*_", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST_PATTERN = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:]+\]", re.ASCII)


def text(value: str) -> str:
    return value


def integer(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(value)

    return parse


def boolean(value: str) -> bool:
    if value.lower() in {"true", "1", "yes", "on"}:
        return True
    if value.lower() in {"false", "0", "no", "off"}:
        return False
    raise ValueError("must be true or false")


def words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def prefix(value: str) -> str:
    if not _PREFIX.fullmatch(value):
        raise ValueError("must have only lower-case letters, digits and _, start with a letter and end with _")
    return value


def url(value: str) -> str:
    parts = urlsplit(value)
    port = parts.port  # raises ValueError for an invalid port
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("must be a URL like https://keys.example.com")
    if parts.path not in {"", "/"}:
        raise ValueError("must not have a path: Keydesk runs at the root of its host")
    host = parts.netloc.lower()
    return f"{parts.scheme}://{host.removesuffix(f':{port}') if port == _DEFAULT_PORTS[parts.scheme] else host}"


def valkey_url(value: str) -> str:
    scheme, _, rest = value.partition("://")
    scheme = {"redis": "valkey", "rediss": "valkeys", "unix": "valkey+unix"}.get(scheme, scheme)
    if scheme not in {"valkey", "valkeys", "valkey+unix"}:
        raise ValueError("must start with valkey:// or redis://")
    return f"{scheme}://{rest}"


def database_url(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    if not separator or scheme.split("+")[0] not in {"sqlite", "postgresql", "postgres"}:
        raise ValueError("must start with sqlite:/// or postgresql://")
    if not scheme.startswith("sqlite"):
        return f"postgresql+psycopg://{rest}"
    path = rest.removeprefix("/")
    if not path or path.startswith(":") or not rest.startswith("/"):
        raise ValueError("must name a file, like sqlite:///instance/keydesk.db; it cannot be in memory")
    return f"sqlite:///{ROOT / path}"


def sign_up(value: str) -> str | tuple[str, ...]:
    if value in {"open", "invited"}:
        return value
    try:
        domains = tuple(
            email_address.domain_of(email_address.normalise(f"a@{word.lstrip('@')}")) for word in words(value)
        )
    except DomainError:
        domains = ()
    if not domains:
        raise ValueError("must be open, invited, or domains like example.com,example.org")
    return domains


def hosts(value: str) -> tuple[str, ...]:
    hosts = tuple(word.lower() for word in words(value))
    for host in hosts:
        if not _HOST_PATTERN.fullmatch(host):
            raise ValueError(f"must be host names without a port, separated by commas; {host!r} is not one")
    return hosts


def fail_mode(value: str) -> str:
    if value not in {"closed", "open"}:
        raise ValueError("must be closed or open")
    return value


def secret(value: str) -> Secret:
    if len(value) < 32:
        raise ValueError("must have at least 32 characters; create one with openssl rand -hex 32")
    return Secret(value)


def secrets(value: str) -> tuple[Secret, ...]:
    try:
        return tuple(map(secret, words(value)))
    except ValueError:
        raise ValueError("must be secrets of at least 32 characters each, separated by commas") from None


def password(value: str) -> Secret:
    return Secret(value)


def sender(value: str) -> str:
    address = value.partition("<")[2].rstrip("> ") if "<" in value else value
    try:
        normal = email_address.normalise(address)
    except DomainError:
        raise ValueError("must be an address like Keydesk <keys@example.com>") from None
    # The domain in ASCII: Flask-Mail would make another one of straße.de (IDNA 2003).
    before, _, after = value.rpartition(address.rpartition("@")[2])
    return f"{before}{email_address.domain_of(normal)}{after}"
