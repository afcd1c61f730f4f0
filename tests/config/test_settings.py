"""Settings: which host is ours."""

import pytest

from app.config import is_localhost
from tests.config.environments import PRODUCTION, load


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("a.b.localhost", True),
        ("127.0.0.1", True),
        ("127.255.0.9", True),
        ("::1", True),
        ("[::1]", True),
        ("128.0.0.1", False),
        ("localhost.example.com", False),
        ("notlocalhost", False),
        ("0.0.0.0", False),
        ("", False),
    ],
)
def test_what_localhost_means(host, local):
    assert is_localhost(host) is local


def test_the_public_host_is_trusted_beside_others(tmp_path):
    settings = load(tmp_path, **PRODUCTION, TRUSTED_HOSTS="internal")
    assert settings.trusts_host("keys.example.com")
    assert settings.trusts_host("internal:8080")
    assert not settings.trusts_host("elsewhere")


def test_an_api_is_known_by_its_host_with_its_port_or_without(tmp_path):
    apis = ("https://a.example", "https://b.example:8443", "https://b.example:9443", "https://keys.example.com:8443")
    settings = load(tmp_path, **PRODUCTION, API_URLS=",".join(apis))
    for host, resource in [
        *(("a.example", apis[0]), ("A.Example:443", apis[0]), ("b.example:9443", apis[2])),
        # As some proxies write it: the first.
        ("b.example", apis[1]),
        ("keys.example.com:8443", apis[3]),
        *(
            (host, PRODUCTION["PUBLIC_URL"])
            for host in ("keys.example.com", "c.example", "a.example.evil", "", ":", "[")
        ),
    ]:
        assert settings.resource_at(host) == resource, host
    assert not settings.trusts_host("a.example")
