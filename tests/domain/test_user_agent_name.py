"""What a program is called in a mail."""

import pytest

from app.domain.user_agent_name import user_agent_name


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("curl/8.5.0", "curl"),
        ("python-requests/2.32 (linux)", "python-requests"),
        ("Mozilla/5.0 (X11; Linux)", "an unknown program"),
        ("curl", "an unknown program"),
        ("", "an unknown program"),
        ("Visit evil.example/x", "an unknown program"),
        ("https://evil.example/", "an unknown program"),
        ("a" * 31 + "/1", "an unknown program"),
        ("caf\xe9/1", "an unknown program"),
    ],
)
def test_only_a_plain_word_is_repeated(user_agent, name):
    assert user_agent_name(user_agent) == name
