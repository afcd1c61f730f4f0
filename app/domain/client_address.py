"""Client addresses: which one to trust, and how limits count them."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_PROXY_HEADERS = frozenset({"HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP"})


def believed(peer: str | None, forwarded_for: str | None, trusted_hops: int) -> str | None:
    """The client's address, or None if it is not known.

    Every trusted proxy appends one entry to `X-Forwarded-For`, so the client's is that many from the right; entries
    further left may be forged. With fewer entries than `trusted_hops`, or an empty one in that place, it is not known:
    the peer is a proxy, and what is allowed to a proxy's address must not be allowed to its clients.
    """
    if not trusted_hops:
        return peer
    if forwarded_for is None:
        return None
    addresses = forwarded_for.split(",")
    return addresses[-trusted_hops].strip() or None if len(addresses) >= trusted_hops else None


def proxy_headers(environ: Iterable[str]) -> list[str]:
    """The names of the headers, among the keys of a WSGI environment, that only proxies add to a request."""
    return [
        key.removeprefix("HTTP_").replace("_", "-").title()
        for key in environ
        if key.startswith(("HTTP_X_FORWARDED", "HTTP_X_ORIGINAL_")) or key in _PROXY_HEADERS
    ]


def counted(address: str) -> str:
    """What limits count as one client: an IPv4 address, or an IPv6 /64, which is the network of one customer.

    `unknown` for anything that is not an address.
    """
    ip = parsed(address)
    if ip is None:
        return "unknown"
    return str(ip_network((ip, 64), strict=False)) if isinstance(ip, IPv6Address) else str(ip)


def parsed(address: str) -> IPv4Address | IPv6Address | None:
    """The address, an IPv4 address in IPv6 notation as IPv4; None for anything that is not an address."""
    try:
        ip = ip_address(without_port(address))
    except ValueError:
        return None
    return ip.ipv4_mapped or ip if isinstance(ip, IPv6Address) else ip


def without_port(address: str) -> str:
    """The address alone: some proxies write `203.0.113.7:5678` or `[2001:db8::1]:443` into X-Forwarded-For."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address
