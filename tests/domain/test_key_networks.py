"""The networks that a key may be used from."""

import pytest

from app.domain import key_networks
from app.domain.errors import ValidationFailed


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ([], ()),
        ([" 203.0.113.7 "], ("203.0.113.7/32",)),
        (["2001:DB8:0::/32"], ("2001:db8::/32",)),
        (["::1", "::1/128", "0::1"], ("::1/128",)),
        (["0.0.0.0/0", "::/0"], ("0.0.0.0/0", "::/0")),
    ],
)
def test_networks_are_kept_once_in_one_spelling(written, kept):
    assert key_networks.parse(written) == key_networks.parse(kept) == kept


@pytest.mark.parametrize(
    "written", ["", "here", "203.0.113.0/33", "203.0.113.9/24", "fe80::1%eth0", "::ffff:203.0.113.9", "203.0.113"]
)
def test_what_is_no_network_or_could_mean_two_is_refused_by_field(written):
    with pytest.raises(ValidationFailed) as refused:
        key_networks.parse(["::1", written])
    assert list(refused.value.fields) == ["networks"]


def test_as_many_as_fit_and_not_one_more():
    many = [f"203.0.113.{number}" for number in range(key_networks.MAX_NETWORKS + 1)]
    assert len(key_networks.parse([*many[:-1], many[0]])) == key_networks.MAX_NETWORKS
    with pytest.raises(ValidationFailed):
        key_networks.parse(many)


@pytest.mark.parametrize(
    ("address", "is_inside"),
    [
        ("203.0.113.0", True),
        ("203.0.113.255", True),
        ("203.0.114.0", False),
        ("203.0.113.7:5678", True),
        ("::ffff:203.0.113.7", True),
        ("2001:db8::9", True),
        ("[2001:db8::9]:443", True),
        ("2001:db9::9", False),
        ("not an address", False),
        ("", False),
        (None, False),
    ],
)
def test_an_address_is_inside_or_not_and_an_unknown_one_never_is(address, is_inside):
    compiled = key_networks.compiled(("203.0.113.0/24", "2001:db8::/32"))
    assert key_networks.admits(compiled, address) is is_inside


def test_no_network_admits_nobody():
    assert not key_networks.admits((), "203.0.113.7")
