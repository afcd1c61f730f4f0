"""Bodies, however servers deliver them, up to the largest."""

import pytest

from tests.http.conftest import BODY
from tests.http.problems import assert_problem


@pytest.mark.parametrize("length", ["+5", "-1", " 5", "5 ", "²", "٣", "0x10", "1e3", "0" * 5000 + "5", "9" * 30, "a"])
def test_a_length_that_is_none_is_a_bad_request(post, length):
    status, problem = post(CONTENT_LENGTH=length)
    assert (status, problem["detail"]) == (400, "The Content-Length header is not a number of bytes.")


@pytest.mark.parametrize(
    "environ",
    [
        {"CONTENT_LENGTH": str(len(BODY))},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"wsgi.input_terminated": True},
        {"CONTENT_LENGTH": "", "wsgi.input_terminated": True},
    ],
)
def test_a_body_is_read_however_its_end_is_told(post, environ):
    assert post(**environ)[0] == 200


def test_without_length_or_end_there_is_no_body(post):
    assert post()[1]["error_code"] == "MALFORMED_JSON"


@pytest.mark.parametrize("environ", [{"HTTP_TRANSFER_ENCODING": "chunked"}, {"wsgi.input_terminated": True}])
def test_what_is_too_large_is_refused_without_a_length_too(post, environ):
    assert post(b" " * (64 * 1024) + BODY, **environ)[0] == 413
    assert post(b" " * (64 * 1024 - len(BODY)) + BODY, **environ)[0] == 200


def test_what_is_too_large_is_refused_of_reading_too(post):
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/v1/me", "HTTP_TRANSFER_ENCODING": "chunked"}
    assert post(b" " * (64 * 1024 + 1), **environ)[0] == 413


def test_a_body_over_64_kib_is_413(client):
    body = b'{"email": "' + b"a" * 65_536 + b'"}'
    assert_problem(client.post("/v1/auth/request", data=body, content_type="application/json"), 413, "BODY_TOO_LARGE")


def test_a_route_that_reads_no_body_refuses_a_large_one_too(alice):
    key_id = alice.create_key()["id"]
    answer = alice.http.post(f"/v1/orgs/{alice.org}/keys/{key_id}/revoke", data=b"x" * 65_537)
    assert_problem(answer, 413, "BODY_TOO_LARGE")
