"""The balance of credits, as whoever holds a key sees it."""

from app.services import credits


def test_a_key_sees_what_its_organization_has_left(app, cast):
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    key = charlie.create_key(scopes=["notes:read"])["key"]
    with app.app_context():
        credits.grant(app.extensions["runtime"], charlie.org, 50, actor="a test")
        credits.grant(app.extensions["runtime"], cast.alice.org, 7, actor="a test")
    answer = app.test_client().get("/v1/credits/balance", headers={"x-api-key": key})
    assert (answer.status_code, answer.get_json()) == (200, {"balance": 1050, "used": 0, "granted": 1050})
