"""`GET /v1/orgs/{org}/keys`: found, filtered and sorted as the dashboard's list is."""

import pytest


@pytest.fixture
def listed(alice):
    """The names of the keys that are asked for, in their order."""

    def listed(**query):
        answer = alice.http.get(f"/v1/orgs/{alice.org}/keys", query_string=query)
        assert answer.status_code == 200, answer.text
        return [key["name"] for key in answer.get_json()["data"]]

    return listed


@pytest.fixture
def refused(alice):
    """What is said about each parameter."""

    def refused(**query):
        answer = alice.http.get(f"/v1/orgs/{alice.org}/keys", query_string=query)
        assert answer.status_code == 422, answer.text
        return answer.get_json()["details"]["fields"]

    return refused


def test_each_status_lists_the_keys_that_are_shown_with_it(alice, clock, listed, refused):
    alice.create_key(name="expired", expires_in_days=1)
    clock.advance(days=2)
    alice.create_key(name="expiring", expires_in_days=3)
    alice.create_key(name="active")
    alice.revoke(alice.create_key(name="revoked")["id"])
    suspended = alice.create_key(name="suspended")["id"]
    assert alice.http.post(f"/v1/orgs/{alice.org}/keys/{suspended}/suspend").status_code == 200
    for status in ("active", "expiring", "expired", "revoked", "suspended"):
        assert listed(status=status) == [status]
    assert refused(status="gone") == {"status": "must be active, expiring, expired, revoked or suspended, or left out"}


def test_words_scopes_and_creators_narrow_the_list_together(cast, alice, clock, listed, refused):
    made = alice.create_key(name="Billing worker", scopes=["notes:read"])
    clock.advance(seconds=1)
    cast.bob.create_key(name="billing of Bob", scopes=["notes:read"])
    alice.create_key(name="CI", scopes=["cache:invalidate"])
    assert listed(q="BILL") == ["billing of Bob", "Billing worker"]
    assert listed(q=made["start"]) == listed(q=made["id"]) == ["Billing worker"]
    assert listed(scope="cache:invalidate") == ["CI"]
    assert listed(scope="notes") == []
    assert listed(created_by=cast.bob.email) == listed(created_by=cast.bob.person_id) == ["billing of Bob"]
    assert listed(q="bill", scope="notes:read", created_by=alice.email, status="active") == ["Billing worker"]
    for nobody in (cast.charlie.email, "bob", ""):
        assert list(refused(created_by=nobody)) == ["created_by"]


def test_a_key_is_not_searched_for_in_an_address(alice, refused):
    key = alice.create_key()["key"]
    for text in (key, f" x-api-key: {key}", key[:30]):
        said = refused(q=text)
        assert said == {"q": "is a key, which does not belong in an address; search for how it begins"}
    assert refused(q="x" * 201) == {"q": "has 201 characters; the maximum is 200"}


def test_every_order_is_walked_page_by_page(alice, app, clock, listed, refused):
    keys = {}
    for name, days in (("b", 40), ("C", None), ("a", 20)):
        keys[name] = alice.create_key(name=name, **({"expires_in_days": days} if days else {}))["key"]
        clock.advance(minutes=1)
    for name in ("a", "b"):
        assert app.test_client().get("/v1/me", headers={"x-api-key": keys[name]}).status_code == 200
        clock.advance(minutes=1)
    with app.app_context():
        app.extensions["runtime"].usage.flush()
    orders = {"created": ["a", "C", "b"], "name": ["a", "b", "C"], "expires": ["a", "b", "C"], "used": ["b", "a", "C"]}
    for sort, names in orders.items():
        assert listed(sort=sort) == names
        found, cursor = [], ""
        while cursor is not None:
            query = {"sort": sort, "limit": 1} | ({"cursor": cursor} if cursor else {})
            page = alice.http.get(f"/v1/orgs/{alice.org}/keys", query_string=query).get_json()
            found += [key["name"] for key in page["data"]]
            cursor = page["next_cursor"]
        assert found == names
    assert listed() == orders["created"]
    assert refused(sort="age") == {"sort": "must be created, name, expires or used, or left out"}


def test_the_keys_of_an_owner_are_listed_by_id_or_address_and_nobody_else_is_known(cast):
    alice, bob = cast.alice, cast.bob

    def asked(owner, **query):
        return alice.http.get(f"/v1/orgs/{alice.org}/keys", query_string={"owner": owner} | query)

    alice.create_key(name="of alice")
    alice.create_key(name="of all", owner=None)
    bob.create_key(name="of bob")
    for owner, names in {
        alice.person_id: ["of alice"],
        alice.email: ["of alice"],
        " BOB@example.com": ["of bob"],
        "organization": ["of all"],
        cast.adam.email: [],
    }.items():
        assert [key["name"] for key in asked(owner).get_json()["data"]] == names
    assert asked(bob.email, unused="true").get_json()["data"] == []
    for owner in (cast.charlie.email, cast.charlie.person_id, "nobody@example.com", "bob", ""):
        answer = asked(owner)
        assert (answer.status_code, list(answer.get_json()["details"]["fields"])) == (422, ["owner"])


def test_only_failing_or_unused_keys_are_listed_if_asked_for(alice, app, clock):
    def listed(**query):
        answer = alice.http.get(f"/v1/orgs/{alice.org}/keys", query_string=query)
        return [key["name"] for key in answer.get_json()["data"]]

    alice.create_key(name="old")
    clock.advance(days=91)
    alice.sign_in()
    key = alice.create_key(name="failing", scopes=["notes:read"])["key"]
    app.test_client().get("/v1/telemetry", headers={"x-api-key": key})
    with app.app_context():
        app.extensions["runtime"].usage.flush()
    assert listed() == ["failing", "old"]
    assert listed(failing="true") == ["failing"]
    assert listed(unused="true") == ["old"]
    assert listed(unused="true", failing="true") == []
    answer = alice.http.get(f"/v1/orgs/{alice.org}/keys", query_string={"failing": "1"})
    assert answer.get_json()["details"]["fields"] == {"failing": "must be true, or left out"}
