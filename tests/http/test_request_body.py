"""Bodies and query parameters that cannot be read."""

import pytest

from tests.http.problems import assert_problem


@pytest.mark.parametrize("body", [b"{", b"", b"nope", b"\xff", b'{"email": }', b"{'email': 1}"])
def test_malformed_json_is_400(client, body):
    answer = client.post("/v1/auth/request", data=body, content_type="application/json")
    assert_problem(answer, 400, "MALFORMED_JSON")


def test_another_content_type_is_415_saying_which(client):
    answer = client.post("/v1/auth/request", data='{"email": "a@example.com"}', content_type="text/plain")
    assert_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
    assert "application/json" in answer.get_json()["detail"]


@pytest.mark.parametrize("blank", [b" ", b"\x0c", b"\n"])
def test_blanks_that_are_said_to_be_json_are_not(alice, client, blank):
    headers = {"x-api-key": alice.create_key(scopes=["cache:invalidate"])["key"], "Content-Type": "application/json"}
    answer = client.post("/v1/cache/invalidate", headers=headers, data=blank)
    assert (answer.status_code, answer.get_json()["error_code"]) == (400, "MALFORMED_JSON")
    assert client.post("/v1/cache/invalidate", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"), [("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit"), ("cursor=x", "cursor")]
)
def test_paging_that_cannot_be_meant_names_the_parameter(alice, query, field):
    answer = alice.http.get(f"/v1/orgs/{alice.org}/keys?{query}")
    assert answer.status_code == 422
    assert list(answer.get_json()["details"]["fields"]) == [field]


def test_a_form_may_hold_each_parameter_once_and_an_empty_one_is_missing(client):
    """RFC 6749 3.2, as OAuth's routes read it; parameters that they do not know are ignored."""
    path, asked = "/v1/device/authorize", {"client_id": "agent", "resource": ["one", "two"]}
    assert client.post(path, data=asked).status_code == 200
    for name, values in (("client_id", ["one", "two"]), ("client_id", ["one", ""]), ("client_id", "")):
        refused = client.post(path, data=asked | {name: values})
        assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_request")
        assert refused.get_json()["error_description"].startswith("client_id: ")


def test_every_field_that_is_wrong_is_named_with_its_place(alice):
    body = {"scopes": ["agent:r", 17], "rate_limit": {"requests": 1, "burst": 1}, "colour": "red"}
    problem = alice.http.post(f"/v1/orgs/{alice.org}/keys", json=body).get_json()
    assert problem["details"]["fields"].keys() == {
        *("name", "scopes.1", "colour"),
        *("rate_limit.window_seconds", "rate_limit.burst"),
    }


@pytest.mark.parametrize(
    "time", ["2027-01-31t12:00:00z", "2027-01-31T12:00:00.123456789Z", "2027-01-31T12:00:00.1+00:00"]
)
def test_every_time_of_rfc_3339_is_read(alice, time):
    assert alice.create_key(expires_at=time)["expires_at"] == "2027-01-31T12:00:00Z"


def test_a_byte_order_mark_is_read_over(alice):
    path, send = f"/v1/orgs/{alice.org}/keys", alice.http.post
    body = b'\xef\xbb\xbf{"name": "CI"}'
    assert send(path, data=body, content_type="application/json").status_code == 201
    assert send(path, data=b"\xef\xbb\xbf" + body, content_type="application/json").status_code == 400
