"""What every request passes beside its view: each hook more would slow all of them (ADR 18)."""


def test_requests_pass_one_hook_of_ours_and_none_of_an_extensions(app):
    assert [hook.func.__module__ for hook in app.before_request_funcs[None]] == ["app.http"]
    assert not any(app.after_request_funcs.values())
    assert not any(app.teardown_request_funcs.values())


def test_what_programs_are_told_depends_on_no_cookie(app):
    answer = app.test_client().get("/healthz", headers={"Cookie": "session=x; remember_token=y"})
    assert "Vary" not in answer.headers
    assert "Set-Cookie" not in answer.headers
