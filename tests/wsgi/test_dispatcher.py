"""What every request passes first: one spelling of /v1, and whom it comes from."""


def test_the_same_answers_stand_under_api_v1(alice, app):
    assert alice.http.get("/api/v1/orgs").get_json() == alice.http.get("/v1/orgs").get_json()
    key = alice.create_key()["key"]
    client = app.test_client()
    assert client.get("/api/v1/me", headers={"x-api-key": key}).status_code == 200
    assert client.get("/api/v1x").status_code == 404
