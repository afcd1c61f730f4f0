"""`POST /v1/keys/verify`: is this key good?"""

import pytest


@pytest.fixture
def ask(alice, app):
    """What the verification of a key says to a back end of Alice's organization."""
    caller = alice.create_key(scopes=["keys:verify"])["key"]

    def ask(**question):
        return app.test_client().post("/v1/keys/verify", json=question, headers={"x-api-key": caller})

    return ask


def test_a_good_key_is_valid_and_says_whose_it_is(ask, alice):
    key = alice.create_key(name="CI", scopes=["agent:r"])
    answer = ask(key=key["key"], scope="agent:r")
    assert answer.status_code == 200
    assert answer.get_json()["data"] == {
        "valid": True,
        "code": "VALID",
        "key_id": key["id"],
        "name": "CI",
        "org_id": alice.org,
        "scopes": ["agent:r"],
        "expires_at": None,
        "credits": None,
        "retry_after_seconds": None,
    }


def test_a_key_is_refused_for_a_reason(ask, alice, cast):
    key = alice.create_key(scopes=["agent:r"])
    assert ask(key=key["key"], scope="agent:rw").get_json()["data"]["code"] == "INSUFFICIENT_SCOPE"
    assert alice.revoke(key["id"]).status_code == 200
    assert ask(key=key["key"]).get_json()["data"]["code"] == "REVOKED"
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    for foreign in (charlie.create_key()["key"], "whk_unknown", "x" * 1000):
        decision = ask(key=foreign).get_json()["data"]
        assert (decision["valid"], decision["code"], decision["org_id"]) == (False, "NOT_FOUND", None)


def test_a_key_that_is_bound_to_networks_needs_an_address(ask, alice):
    key = alice.create_key(networks=["2001:db8::/32"])["key"]
    for address, code in ((None, "IP_NOT_ALLOWED"), ("203.0.113.7", "IP_NOT_ALLOWED"), ("2001:db8::1", "VALID")):
        assert ask(key=key, ip=address).get_json()["data"]["code"] == code


@pytest.mark.parametrize("address", ["somewhere", "", "fe80::1%eth0", "fe80::1%\x00", "203.0.113.7:80", "10.0.0.0/8"])
def test_what_is_no_address_is_refused_by_name(ask, alice, address):
    answer = ask(key=alice.create_key()["key"], ip=address)
    assert answer.status_code == 422
    assert answer.get_json()["details"]["fields"] == {"ip": "must be an IPv4 or IPv6 address"}


INVISIBLE = "has an invisible character, or one that is not ASCII; copy the key again, without anything around it"


@pytest.mark.parametrize(
    ("surround", "problem"),
    [
        ("{}\n", "has blanks or line breaks around it; send the key alone"),
        (" {}", "has blanks or line breaks around it; send the key alone"),
        ('"{}"', "is in quotation marks; send it without them"),
        ("{}\u200b", INVISIBLE),
        ("\ufeff{}", INVISIBLE),
        ("{}\x00", INVISIBLE),
        ("Bearer {}", "begins with the word Bearer; send the key alone"),
    ],
)
def test_what_was_sent_around_a_key_is_said(ask, alice, surround, problem):
    answer = ask(key=surround.format(alice.create_key()["key"]))
    assert answer.status_code == 422
    assert answer.get_json()["details"]["fields"] == {"key": problem}
