"""Client addresses as limits count them."""

import pytest

from app.domain import client_address


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:5678", "203.0.113.7"),
        ("[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_limits_count_an_ipv6_customer_as_one(address, counted):
    assert client_address.counted(address) == counted


@pytest.mark.parametrize(
    ("forwarded_for", "hops", "believed"),
    [
        (None, 0, "192.0.2.1"),
        ("203.0.113.7", 0, "192.0.2.1"),
        ("203.0.113.7", 1, "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", 1, "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", 2, "198.51.100.1"),
        ("203.0.113.7", 2, "192.0.2.1"),
        (None, 1, "192.0.2.1"),
    ],
)
def test_only_so_many_trusted_proxies_are_believed(forwarded_for, hops, believed):
    assert client_address.believed("192.0.2.1", forwarded_for, hops) == believed
