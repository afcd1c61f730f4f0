"""Asking for a sign-in link: what it is built from, and who is shown it instead of getting a mail."""


def ask(client, email="alice@example.com", **more):
    return client.post("/v1/auth/request", json={"email": email}, **more)


def test_with_mail_there_is_no_dev_link_even_on_localhost(client, set_settings, capsys):
    set_settings(mail_server="127.0.0.1")
    assert "devLink" not in ask(client).get_json()
    assert capsys.readouterr().err == ""


def test_another_machine_gets_no_dev_link_whatever_host_it_names(client, capsys):
    for forged in ({}, {"X-Forwarded-For": "127.0.0.1"}):
        answer = ask(client, environ_base={"REMOTE_ADDR": "203.0.113.9"}, headers={"Host": "localhost", **forged})
        assert list(answer.get_json()) == ["message", "expires_at"]
    assert capsys.readouterr().err == ""


def test_outside_localhost_there_is_no_dev_link_even_without_mail(client, set_settings, capsys):
    set_settings(public_url="https://keys.example.com", trusted_hosts=("localhost",))
    assert "devLink" not in ask(client).get_json()
    assert capsys.readouterr().err == ""


def test_the_link_is_built_from_public_url_whatever_the_host_says(client):
    link = ask(client, headers={"Host": "127.0.0.1:9999"}).get_json()["devLink"]
    assert link.startswith("http://localhost:7860/")


def test_a_developer_on_this_machine_may_ask_a_hundred_times_an_hour(client):
    for _ in range(100):
        assert "devLink" in ask(client).get_json()
    refused = ask(client)
    assert (refused.status_code, refused.headers["RateLimit-Policy"]) == (429, '"link-dev";q=100;w=3600')


def test_others_may_ask_five_times_in_dev_mode_too(client):
    for _ in range(5):
        assert ask(client, environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 200
    assert ask(client, environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 429
