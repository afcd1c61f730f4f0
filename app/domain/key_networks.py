"""The networks from which a key can be used."""

from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from app.domain.client_address import without_port
from app.domain.errors import ValidationFailed

Network = IPv4Network | IPv6Network
MAX_NETWORKS = 50


def parse(texts: Iterable[str]) -> tuple[str, ...]:
    """Networks in canonical CIDR notation, without duplicates. Takes networks and single addresses, IPv4 and IPv6.

    Raises `ValidationFailed` naming `networks`, with everything that is wrong.
    """
    found: dict[str, None] = {}
    problems = []
    for text in texts:
        try:
            found[str(_parsed(text.strip()))] = None
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ValidationFailed({"networks": "; ".join(dict.fromkeys(problems))})
    if len(found) > MAX_NETWORKS:
        raise ValidationFailed({"networks": f"has {len(found)} networks; the maximum is {MAX_NETWORKS}"})
    return tuple(found)


def _parsed(text: str) -> Network:
    """Raises `ValueError` saying what is wrong."""
    network: Network | None = None
    with suppress(ValueError):
        network = ip_network(text, strict=False)
    # A zone (fe80::1%eth0) has a meaning on one machine only.
    if network is None or "%" in text:
        raise ValueError(f"“{text}” is not a network; enter one like 203.0.113.0/24 or 2001:db8::/32")
    if "/" in text and ip_address(text.partition("/")[0]) != network.network_address:
        raise ValueError(f"“{text}” is an address inside a network; did you mean {network}?")
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped:
        raise ValueError(f"“{text}” is an IPv4 address in IPv6 notation; enter it as IPv4")
    return network


@lru_cache(maxsize=10_000)
def compiled(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """The networks that `admits` takes, from the texts that `parse` returned."""
    return tuple(ip_network(text) for text in texts)


def admits(networks: tuple[Network, ...], address: str | None) -> bool:
    """Whether `address` is in one of `networks`. An unknown address is in none."""
    try:
        ip = ip_address(without_port(address or ""))
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return any(ip.version == network.version and ip in network for network in networks)
