"""Which mails people want."""

from app.domain.mail_kinds import SWITCHABLE, MailKind
from app.services import mail_preferences


def test_all_are_wanted_until_their_person_switches_them_off(runtime, cast):
    alice, bob = cast.alice.person_id, cast.bob.person_id
    assert list(mail_preferences.wanted(alice)) == list(SWITCHABLE)
    for _ in range(2):
        mail_preferences.save(runtime, alice, [])
    assert mail_preferences.wanted(alice) == []
    assert not mail_preferences.wants(alice, MailKind.KEY_ENDS)
    assert mail_preferences.wants(bob, MailKind.KEY_ENDS)
    mail_preferences.save(runtime, alice, SWITCHABLE)
    assert list(mail_preferences.wanted(alice)) == list(SWITCHABLE)


def test_what_protects_an_account_cannot_be_switched_off(runtime, alice):
    mail_preferences.save(runtime, alice.person_id, [])
    secure = set(MailKind) - set(SWITCHABLE)
    assert MailKind.CODES_PAUSED in secure
    assert all(mail_preferences.wants(alice.person_id, kind) for kind in secure)
