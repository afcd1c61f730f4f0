"""Parsers of environment variables. Each raises `ValueError`, which says what is allowed."""

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from urllib.parse import urlsplit

from app.domain import email_address
from app.domain.errors import DomainError
from app.domain.secret import Secret

_PREFIX = re.compile(r"[a-z][a-z0-9_]*_", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?", re.ASCII)
#: Browsers read a name that ends in a number as an IPv4 address, and write it otherwise (0x7f.1 is 127.0.0.1).
_LIKE_IPV4 = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)\.?", re.ASCII)


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


def choice(*allowed: str) -> Callable[[str], str]:
    """One of these words, in lower case."""

    def parse(value: str) -> str:
        if value.lower() not in allowed:
            raise ValueError(f"must be {', '.join(allowed[:-1])} or {allowed[-1]}")
        return value.lower()

    return parse


def words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def prefix(value: str) -> str:
    if not _PREFIX.fullmatch(value):
        raise ValueError("must have only lower-case letters, digits and _, start with a letter and end with _")
    return value


def url(value: str) -> str:
    """The origin, as browsers write it: host in lower case and ASCII, no default port."""
    parts = urlsplit(value)
    port = parts.port  # raises ValueError for an invalid port
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("must be a URL like https://keys.example.com")
    if parts.path not in {"", "/"}:
        raise ValueError("must not have a path: Keydesk runs at the root of its host")
    host = host_name(f"[{parts.hostname}]" if "[" in parts.netloc else parts.hostname)
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in {None, _DEFAULT_PORTS[parts.scheme]} else "")


def api_urls(value: str) -> tuple[str, ...]:
    """Origins, each once, as `url` gives them."""
    found = []
    for word in words(value):
        if urlsplit(word).path not in {"", "/"}:
            raise ValueError(f"must be origins without a path, like https://api.example.com; {word!r} has a path")
        try:
            found.append(url(word))
        except ValueError:
            raise ValueError(
                f"must be origins like https://api.example.com, separated by commas; {word!r} is none"
            ) from None
    return tuple(dict.fromkeys(found))


def bind(value: str) -> tuple[str, int]:
    """An IP address or `localhost`, without brackets, and a port."""
    host, _, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    try:
        if host != "localhost":
            ip_address(host)
        return host, integer(1, 65535)(port)
    except ValueError:
        raise ValueError("must be an IP address and a port, like 127.0.0.1:9464 or [::1]:9464") from None


def host_name(value: str) -> str:
    """A host as browsers send it in `Host`: in lower case, a domain in ASCII (IDNA 2008), an IPv6 address in brackets
    and in its shortest form (RFC 5952). Raises `ValueError` for what is neither a name nor an address."""
    if value.startswith("[") and value.endswith("]"):
        return _ipv6(value)
    name = _ascii_name(value)
    if not _HOST_NAME.fullmatch(name):
        raise ValueError(f"{value!r} is not a host name")
    if _LIKE_IPV4.fullmatch(name):
        try:
            IPv4Address(name)
        except ValueError:
            raise ValueError(f"{value!r} is neither a host name nor an IPv4 address like 192.0.2.1") from None
    return name


def _ipv6(value: str) -> str:
    address = value[1:-1]
    try:
        parsed = IPv6Address(address)
    except ValueError:
        parsed = None
    # A zone (fe80::1%eth0) has a meaning on one machine only.
    if parsed is None or parsed.scope_id is not None:
        raise ValueError(f"{value!r} is not an IPv6 address in brackets, like [2001:db8::1]")
    return f"[{parsed}]"


def _ascii_name(value: str) -> str:
    if value.isascii():
        return value.lower()
    try:
        return email_address.domain_of(email_address.normalise(f"a@{value}"))
    except DomainError:
        raise ValueError(f"{value!r} is not a host name") from None


def folder(value: str) -> Path:
    path = Path(value)
    if not path.is_absolute():
        raise ValueError("must be an absolute path, like /var/lib/keydesk")
    return path


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
    return f"sqlite:///{path}"


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
    try:
        return tuple(map(host_name, words(value)))
    except ValueError as error:
        raise ValueError(f"must be host names without a port, separated by commas; {error}") from None


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
