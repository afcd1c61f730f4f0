"""Known and unknown addresses cost the same work: statement by statement. (What a clock says of it is in
`tests/system/test_same_time.py`.)"""

import pytest

from app.domain.errors import OtpInvalid, OtpMaxAttempts
from app.domain.member_roles import Role
from app.services import agent_sign_up, email_codes, operator_invitations, sign_in
from app.services.code_attempts import PAUSE_AFTER
from app.store import wrong_code_counts
from app.store.transaction import transaction
from tests.databases import statements

KNOWN, UNKNOWN, INVITED = "alice@example.com", "nobody@example.com", "invited@example.com"


@pytest.fixture
def runtime(app, alice, clock, set_settings):
    """Where only known addresses get mail, and somebody has an account since long."""
    set_settings(sign_up="invited", mail_server="127.0.0.1")
    clock.advance(hours=2)
    return app.extensions["runtime"]


@pytest.fixture
def work_of():
    """The statements that a call sends to the database."""

    def work_of(call):
        with statements() as sent:
            call()
        return sent

    return work_of


@pytest.mark.parametrize("ask", [sign_in.request_link, email_codes.request, agent_sign_up.request])
def test_asking_costs_the_same_statements(runtime, alice, work_of, ask):
    operator_invitations.invite(runtime, alice.org, INVITED, Role.MEMBER)
    known, unknown, invited = (
        work_of(lambda who=email: ask(runtime, email=who, client=f"client of {who}"))
        for email in (KNOWN, UNKNOWN, INVITED)
    )
    assert known == unknown == invited
    assert any(statement.startswith("INSERT INTO outbox_mail") for statement in known)


@pytest.mark.parametrize("flow", [email_codes, agent_sign_up])
def test_wrong_codes_cost_the_same_statements_up_to_the_pause(runtime, work_of, clock, flow):
    with transaction():
        for email in (KNOWN, UNKNOWN):
            for _ in range(PAUSE_AFTER - 7):
                wrong_code_counts.count(email, clock.now)

    def guess(email):
        with pytest.raises((OtpInvalid, OtpMaxAttempts)):
            flow.verify(runtime, email=email, code="no code")

    for _ in range(2):
        for email in (KNOWN, UNKNOWN):
            flow.request(runtime, email=email, client=f"client of {email}")
        for _ in range(6):
            known, unknown = (work_of(lambda who=email: guess(who)) for email in (KNOWN, UNKNOWN))
            assert known == unknown
        clock.advance(hours=1)
    for email in (KNOWN, UNKNOWN):
        with pytest.raises(OtpMaxAttempts):
            flow.request(runtime, email=email, client=f"client of {email}")
