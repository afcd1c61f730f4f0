"""What every refusal under /v1 must be."""


def assert_problem(answer, status, error_code):
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    problem = answer.get_json()
    assert list(problem) == ["type", "title", "status", "detail", "error_code", "details"]
    assert (problem["status"], problem["error_code"]) == (status, error_code)
    assert problem["detail"]
    assert isinstance(problem["details"], dict)
