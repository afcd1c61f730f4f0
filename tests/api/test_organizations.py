"""Organizations of the signed-in person."""

from tests.http.problems import assert_problem


def test_orgs_are_listed_with_id_name_and_role(cast):
    answer = cast.bob.http.get("/v1/orgs").get_json()
    assert answer["data"] == [{"id": cast.alice.org, "name": "alice’s organization", "role": "member"}]


def test_somebody_creates_another_one(alice):
    made = alice.http.post("/v1/orgs", json={"name": "Second"})
    assert made.status_code == 201
    second = made.get_json()["data"]
    assert (second["name"], second["role"]) == ("Second", "owner")
    assert second in alice.http.get("/v1/orgs").get_json()["data"]
    assert alice.http.get(f"/v1/orgs/{second['id']}/keys").get_json()["data"] == []


def test_a_name_that_is_none_is_refused_by_name(alice):
    for name in ("", "Operators", "x" * 101):
        for answer in (
            alice.http.post("/v1/orgs", json={"name": name}),
            alice.http.patch(f"/v1/orgs/{alice.org}", json={"name": name}),
        ):
            assert_problem(answer, 422, "VALIDATION_FAILED")
            assert list(answer.get_json()["details"]["fields"]) == ["name"]


def test_what_sign_up_and_the_limits_refuse(alice, set_settings):
    for _ in range(5):
        assert alice.http.post("/v1/orgs", json={"name": "Again"}).status_code == 201
    assert_problem(alice.http.post("/v1/orgs", json={"name": "Again"}), 429, "RATE_LIMITED")
    set_settings(sign_up="invited")
    assert_problem(alice.http.post("/v1/orgs", json={"name": "Again"}), 403, "FORBIDDEN")


def test_owners_and_admins_rename_and_outsiders_see_nothing(cast):
    path = f"/v1/orgs/{cast.alice.org}"
    renamed = cast.adam.http.patch(path, json={"name": "Acme"}).get_json()["data"]
    assert renamed == {"id": cast.alice.org, "name": "Acme", "role": "admin"}
    assert cast.bob.http.get("/v1/orgs").get_json()["data"][0]["name"] == "Acme"
    for actor in (cast.bob, cast.vera):
        assert_problem(actor.http.patch(path, json={"name": "Mine"}), 403, "FORBIDDEN")
    assert_problem(cast.charlie.http.patch(path, json={"name": "Mine"}), 404, "NOT_FOUND")
    assert_problem(cast.charlie.http.patch("/v1/orgs/org_none", json={"name": "Mine"}), 404, "NOT_FOUND")


def delete(actor, name="alice’s organization"):
    return actor.http.delete(f"/v1/orgs/{actor.org}", json={"name": name})


def test_an_owner_deletes_and_its_key_is_refused(cast):
    alice = cast.alice
    key = alice.create_key()["key"]
    done = delete(alice)
    assert (done.status_code, done.get_json()["data"]) == (
        200,
        {"id": alice.org, "name": "alice’s organization", "keys": 1, "erased_at": "2026-05-16T12:00:00Z"},
    )
    refused = cast.nobody().http.get("/v1/me", headers={"x-api-key": key})
    assert_problem(refused, 401, "KEY_DISABLED")
    assert alice.http.get("/v1/orgs").get_json()["data"] == []
    for answer in (
        delete(alice),
        alice.http.get(f"/v1/orgs/{alice.org}/keys"),
        alice.http.patch(f"/v1/orgs/{alice.org}", json={"name": "Back"}),
    ):
        assert_problem(answer, 404, "NOT_FOUND")


def test_it_takes_a_young_sign_in_its_name_and_an_owner(cast, clock):
    for actor in (cast.adam, cast.bob, cast.vera):
        assert_problem(delete(actor), 403, "FORBIDDEN")
    assert_problem(delete(cast.charlie), 404, "NOT_FOUND")
    wrong = delete(cast.alice, "bob’s organization")
    assert_problem(wrong, 422, "VALIDATION_FAILED")
    assert list(wrong.get_json()["details"]["fields"]) == ["name"]
    clock.advance(minutes=10)
    refused = delete(cast.alice)
    assert_problem(refused, 403, "SIGN_IN_AGAIN")
    assert "Sign in again" in refused.get_json()["detail"]
    assert len(cast.alice.http.get("/v1/orgs").get_json()["data"]) == 1
