"""`/metrics`: not there without a token, closed without the right one, and what Prometheus reads with it."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.domain.secret import Secret
from app.services.metrics import OF_ALL, OF_PROCESSES

TOKEN = "a-token-for-prometheus-of-32-characters"


@pytest.fixture
def client(app, set_settings):
    set_settings(metrics_token=Secret(TOKEN))
    return app.test_client()


def scrape(client, **headers):
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", **headers})
    assert answer.status_code == 200
    return answer


def samples(client):
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(scrape(client).text)
        for sample in family.samples
    }


def timed(found):
    """How many verifications of forward-auth are in the histogram."""
    name = "keydesk_verification_duration_seconds_count"
    return sum(value for (each, labels), value in found.items() if each == name and ("face", "forward_auth") in labels)


def test_without_the_setting_it_is_not_there(app):
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}"}):
        assert app.test_client().get("/metrics", headers=headers).status_code == 404


@pytest.mark.parametrize(
    "sent", [None, "", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer ü"]
)
def test_without_the_token_it_is_closed_and_says_what_to_send(client, sent):
    answer = client.get("/metrics", headers={} if sent is None else {"Authorization": sent})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.text == "Send METRICS_TOKEN as a bearer token: Authorization: Bearer TOKEN\n"


def test_every_metric_has_its_type_and_a_name_as_prometheus_wants_it(client, app):
    app.test_client().get("/v1/me", headers={"x-api-key": "whk_ABCDEFGHIJKLMNOPQRSTUVWXYZ2bkEBD"})
    found = {family.name: family for family in text_string_to_metric_families(scrape(client).text)}
    wanted = {family.name: family.kind for family in (*OF_PROCESSES, *OF_ALL)}
    assert {name: family.type for name, family in found.items()} == wanted
    assert all(name.startswith("keydesk_") and not name.endswith("_total") for name in wanted)
    assert all(family.samples for family in found.values())


def test_a_request_is_counted_where_it_was_made(client, app):
    before = samples(client)
    key = {"x-api-key": "whk_ABCDEFGHIJKLMNOPQRSTUVWXYZ2bkEBD"}
    visitor = app.test_client()
    assert visitor.get("/v1/me", headers=key).status_code == 401
    assert visitor.get("/v1/forward-auth/v1/notes", headers=key).status_code == 401
    assert visitor.get("/v1/forward-auth/nowhere", headers=key).status_code == 403
    after = samples(client)
    grown = {
        (dict(labels)["face"], dict(labels)["outcome"])
        for (name, labels), value in after.items()
        if name == "keydesk_verifications_total" and value - before.get((name, labels), 0) == 1
    }
    assert grown == {
        ("own_routes", "NOT_FOUND"),
        ("forward_auth", "NOT_FOUND"),
        ("forward_auth", "ROUTE_NOT_LISTED"),
    }
    assert timed(after) - timed(before) == 2


def test_nothing_in_it_names_a_person_an_organization_or_a_key(client, app, alice):
    key = alice.create_key()
    assert app.test_client().get("/v1/me", headers={"x-api-key": key["key"]}).status_code == 200
    text = scrape(client).text
    for secret in (key["key"], key["id"], key["start"], alice.org, alice.email, TOKEN):
        assert secret not in text


def test_openmetrics_is_served_to_who_asks_for_it(client):
    answer = scrape(client, Accept="application/openmetrics-text; version=1.0.0")
    assert answer.content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text.endswith("# EOF\n")
