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
    ("address", "parsed"),
    [
        ("203.0.113.7:5678", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[2001:DB8::9]:443", "2001:db8::9"),
        ("", "None"),
        ("not an address", "None"),
    ],
)
def test_an_address_has_one_spelling(address, parsed):
    assert str(client_address.parsed(address)) == parsed


@pytest.mark.parametrize(
    ("forwarded_for", "hops", "believed"),
    [
        (None, 0, "192.0.2.1"),
        ("203.0.113.7", 0, "192.0.2.1"),
        ("203.0.113.7", 1, "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", 1, "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", 2, "198.51.100.1"),
        ("203.0.113.7:5678", 1, "203.0.113.7:5678"),
        # Fewer than there are proxies, or nothing in its place: not the proxy's own address.
        ("203.0.113.7", 2, None),
        (None, 1, None),
        ("", 1, None),
        ("", 2, None),
        (" , 203.0.113.7", 2, None),
        ("198.51.100.1,, 203.0.113.7", 2, None),
        ("203.0.113.7,", 1, None),
    ],
)
def test_only_so_many_trusted_proxies_are_believed(forwarded_for, hops, believed):
    assert client_address.believed("192.0.2.1", forwarded_for, hops) == believed


def test_what_only_proxies_add_is_known_by_name_even_if_it_is_empty():
    environ = dict.fromkeys(
        ["HTTP_HOST", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED", "HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP"], ""
    )
    environ |= {"HTTP_X_ORIGINAL_URI": "/", "HTTP_X_API_KEY": "K", "REMOTE_ADDR": "127.0.0.1"}
    assert client_address.proxy_headers(environ) == [
        "X-Forwarded-For",
        "X-Forwarded",
        "Forwarded",
        "Via",
        "X-Real-Ip",
        "X-Original-Uri",
    ]
    assert client_address.proxy_headers({"HTTP_HOST": "localhost", "HTTP_X_API_KEY": "K"}) == []
