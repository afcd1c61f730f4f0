"""Client addresses: whom a request comes from, and how limits count them."""

from ipaddress import IPv6Address, ip_address, ip_network


def believed(peer: str | None, forwarded_for: str | None, trusted_hops: int) -> str | None:
    """The client's address. Each trusted proxy appended one to `X-Forwarded-For`, so it is that many from the right."""
    if trusted_hops and forwarded_for is not None:
        addresses = forwarded_for.split(",")
        if len(addresses) >= trusted_hops:
            return addresses[-trusted_hops].strip()
    return peer


def counted(address: str) -> str:
    """The unit that a limit counts: an IPv4 address, or the /64 of an IPv6 one, which is what one customer gets."""
    try:
        ip = ip_address(without_port(address))
    except ValueError:
        return "unknown"
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ip_network((ip, 64), strict=False))
    return str(ip)


def without_port(address: str) -> str:
    """Some proxies write `203.0.113.7:5678` and `[2001:db8::1]:443` into X-Forwarded-For."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address
