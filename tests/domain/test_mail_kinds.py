"""Which mails go first."""

from app.domain import mail_kinds
from app.domain.mail_kinds import MailKind


def test_links_and_codes_go_before_all_others_and_others_are_notices():
    first = {kind for kind in MailKind if mail_kinds.priority(kind) == 0}
    assert first == {MailKind.SIGN_IN_LINK, MailKind.EMAIL_CODE, MailKind.SIGN_UP_CODE}
    assert mail_kinds.priority("a kind that is new") == mail_kinds.priority(MailKind.KEY_ENDS)
