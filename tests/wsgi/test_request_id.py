"""Request ids: one for each request, in any number of processes."""


def test_every_answer_has_its_own_id(app):
    client = app.test_client()
    assert len({client.get("/healthz").headers["X-Request-Id"] for _ in range(50)}) == 50
