"""Door B. Codes themselves are tested with all one-time secrets."""

import pytest

from app.domain.errors import OtpExpired, OtpInvalid, ValidationFailed
from app.services import audit, email_codes
from app.store import people
from app.store.transaction import transaction


@pytest.fixture
def code(runtime, alice, clock):
    clock.advance(hours=1)
    return email_codes.request(runtime, email="Alice@Example.com", client="203.0.113.1").plaintext.reveal()


def test_the_address_may_be_written_in_any_case(runtime, code):
    assert email_codes.verify(runtime, email="ALICE@example.com", code=code).token.reveal().startswith("owt_")


def test_a_token_lives_fifteen_minutes(runtime, code, clock):
    issued = email_codes.verify(runtime, email="alice@example.com", code=code)
    assert (issued.expires_at - clock.now).total_seconds() == 900


def test_making_a_token_stands_in_the_audit_log(runtime, alice, code):
    email_codes.verify(runtime, email="alice@example.com", code=code)
    assert audit.page(alice.org, limit=1, cursor=None).items[0].action == "session_token.created"


def test_a_person_disabled_meanwhile_gets_no_token(runtime, code, clock):
    with transaction():
        people.by_email("alice@example.com").disabled_at = clock.now
    with pytest.raises(OtpExpired):
        email_codes.verify(runtime, email="alice@example.com", code=code)


def test_a_disabled_person_is_not_mailed_and_no_code_verifies(runtime, alice, clock):
    with transaction():
        people.by_email("alice@example.com").disabled_at = clock.now
    assert email_codes.request(runtime, email="alice@example.com", client="203.0.113.1").plaintext is None
    with pytest.raises(OtpInvalid):
        email_codes.verify(runtime, email="alice@example.com", code="000000")


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "\ud800", "x" * 10_000])
def test_what_is_no_code_is_a_wrong_code(runtime, alice, clock, code):
    email_codes.request(runtime, email="alice@example.com", client="203.0.113.1")
    with pytest.raises(OtpInvalid):
        email_codes.verify(runtime, email="alice@example.com", code=code)


def test_what_is_no_address_is_refused_by_field(runtime):
    with pytest.raises(ValidationFailed):
        email_codes.verify(runtime, email="nobody", code="123456")
