"""The accessibility conformance report. What it says is checked in tests/services/test_accessibility_report.py."""

from app.services import accessibility_report


def test_a_key_that_reads_gets_the_whole_report(alice, app):
    headers = {"x-api-key": alice.create_key(scopes=["agent:r"])["key"]}
    answer = app.test_client().get("/v1/vpat", headers=headers)
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.get_json() == accessibility_report.report()
