"""Client addresses as limits count them."""

from ipaddress import IPv6Address, ip_address, ip_network


def counted(address: str) -> str:
    """The unit that a limit counts: an IPv4 address, or the /64 of an IPv6 one, which is what one customer gets."""
    try:
        ip = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ip_network((ip, 64), strict=False))
    return str(ip)
