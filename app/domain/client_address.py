"""Client addresses: which one to trust, and how limits count them."""

from ipaddress import IPv6Address, ip_address, ip_network


def believed(peer: str | None, forwarded_for: str | None, trusted_hops: int) -> str | None:
    """The client's address, or None if it is not known.

    Every trusted proxy appends one entry to `X-Forwarded-For`, so the client's is that many from the right; entries
    further left may be forged. With fewer entries than `trusted_hops`, it is the peer's address.
    """
    if trusted_hops and forwarded_for is not None:
        addresses = forwarded_for.split(",")
        if len(addresses) >= trusted_hops:
            return addresses[-trusted_hops].strip()
    return peer


def counted(address: str) -> str:
    """What limits count as one client: an IPv4 address, or an IPv6 /64, which is the network of one customer.

    `unknown` for anything that is not an address.
    """
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
    """The address alone: some proxies write `203.0.113.7:5678` or `[2001:db8::1]:443` into X-Forwarded-For."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address
