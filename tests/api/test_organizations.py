"""Organizations of the signed-in person."""


def test_orgs_are_listed_with_id_name_and_role(cast):
    answer = cast.bob.http.get("/v1/orgs").get_json()
    assert answer["data"] == [{"id": cast.alice.org, "name": "alice’s organization", "role": "member"}]
