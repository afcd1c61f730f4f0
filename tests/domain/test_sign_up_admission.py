"""Who may sign up."""

import pytest

from app.domain.sign_up_admission import admits


@pytest.mark.parametrize(
    ("sign_up", "email", "admitted"),
    [
        ("open", "a@example.com", True),
        ("invited", "a@example.com", False),
        (("example.com",), "a@example.com", True),
        (("example.com",), "a@evil-example.com", False),
        (("example.com",), "a@sub.example.com", False),
    ],
)
def test_who_may_sign_up(sign_up, email, admitted):
    assert admits(sign_up, email) is admitted


@pytest.mark.parametrize(
    ("sign_up", "email", "admitted"),
    [
        ("open", "a@example.com", True),
        ("invited", "a@example.com", True),
        (("example.com",), "a@example.com", True),
        (("example.com",), "a@evil-example.com", False),
    ],
)
def test_an_invitation_lets_in_unless_the_operator_lists_domains(sign_up, email, admitted):
    assert admits(sign_up, email, is_invited=True) is admitted
