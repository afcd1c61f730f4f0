"""What is forgotten, and what is not."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.domain.errors import OtpInvalid
from app.domain.key_settings import KeySettings
from app.domain.member_roles import Role
from app.domain.one_time_secrets import Purpose
from app.extensions import Base, db
from app.services import (
    audit,
    audit_checks,
    code_attempts,
    credits,
    device_grants,
    expiry_notices,
    install_id_credentials,
    invitations,
    key_revocation,
    key_verification,
    keys,
    mail_preferences,
    one_time_secrets,
    retention,
    usage,
)
from app.services.usage_processes import UsageWriter
from app.store import agent_session_tokens, key_change_notices, wrong_code_counts
from app.store import credits as credit_store
from app.store import expiry_notices as expiry_notice_store
from app.store.expiry_notices import Told
from app.store.transaction import transaction
from tests.docs.pages import DOCS, rows


def count(table):
    return db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def fill_every_table(runtime, member, clock):
    """At least one row in each."""
    issued = keys.create(runtime, member, KeySettings(name="CI"))
    key_verification.require(runtime, issued.plaintext.reveal(), scope=None, address="192.0.2.1")
    UsageWriter().flush(runtime)
    usage.fold(clock.now + timedelta(days=1))
    key_revocation.revoke(runtime, member, issued.listed.key.id)
    install_id_credentials.import_ids(runtime, member.org_id, [str(UUID(int=1))])
    device_grants.authorize(runtime, client_name="CI", scopes=[], client="192.0.2.1", address="192.0.2.1")
    one_time_secrets.request(
        runtime, Purpose.EMAIL_CODE, email=member.email, client="192.0.2.1", may_receive=lambda *_: True
    )
    expiry_notices.tell(runtime)
    audit_checks.run(runtime)
    mail_preferences.save(runtime, member.person_id, [], seals_of=[member.org_id])
    invitations.invite(runtime, member, "new@example.com", Role.VIEWER)
    with pytest.raises(OtpInvalid):
        code_attempts.try_code(runtime, Purpose.EMAIL_CODE, member.email, "no code")
    with transaction():
        key_change_notices.add(member.person_id, member.org_id, 1, clock.now)
        expiry_notice_store.put(member.person_id, [(issued.listed.key.id, Told(clock.now, 1))], clock.now)
        agent_session_tokens.add(
            person_id=member.person_id, digest=b"1", now=clock.now, expires_at=clock.now + timedelta(minutes=15)
        )


def documented_tables():
    """The names in docs/tables.md, with what it says about their deletion."""
    return {name.strip("`"): deleted for name, _, _, deleted in rows((DOCS / "tables.md").read_text(encoding="utf-8"))}


def test_every_table_is_documented():
    assert set(documented_tables()) == set(Base.metadata.tables)


def test_after_400_days_only_those_tables_have_rows_whose_rows_are_kept(runtime, alice, clock):
    fill_every_table(runtime, alice.member, clock)
    retention.prune(runtime)
    assert [name for name in Base.metadata.tables if count(name) == 0] == []
    clock.advance(days=401)
    retention.prune(runtime)
    kept = {name for name in Base.metadata.tables if count(name)}
    # A membership goes with its member; of credit entries one is left.
    assert kept == {name for name, deleted in documented_tables().items() if deleted.startswith("never")} | {
        "membership",
        "credit_entry",
    }


def test_credit_entries_of_400_days_ago_are_one_with_their_sum(runtime, alice, clock):
    def entries():
        query = "SELECT amount, reason FROM credit_entry WHERE org_id = :org ORDER BY at, amount"
        return [tuple(row) for row in db.session.execute(text(query), {"org": alice.org})]

    for _ in range(3):
        with transaction():
            credit_store.take(alice.org, 10, "a route", clock.now)
        clock.advance(days=1)
    granted = credits.balance(alice.org).granted
    clock.advance(days=398, minutes=1)
    for _ in range(2):
        retention.prune(runtime)
        assert entries() == [(granted - 20, "carried over"), (-10, "a route")]
    clock.advance(days=1)
    retention.prune(runtime)
    assert entries() == [(granted - 30, "carried over")]
    assert credits.balance(alice.org).balance == credit_store.ledger_sum(alice.org) == granted - 30


def test_wrong_codes_count_for_as_long_as_codes_pause(runtime, clock, alice):
    def failures():
        with transaction():
            return wrong_code_counts.count(alice.email, clock.now)

    assert failures() == 1
    clock.advance(days=6)
    retention.prune(runtime)
    assert failures() == 2
    clock.advance(days=7, minutes=1)
    retention.prune(runtime)
    assert failures() == 1


def test_old_secrets_sessions_and_counts_go_and_keys_and_audit_stay(runtime, alice, clock):
    issued = keys.create(runtime, alice.member, KeySettings(name="CI"))
    key_verification.require(runtime, issued.plaintext.reveal(), scope=None)
    runtime.usage.flush()
    retention.prune(runtime)
    assert (count("one_time_secret"), count("session"), count("usage_hour")) == (1, 1, 1)
    clock.advance(days=61)
    retention.prune(runtime)
    assert (count("one_time_secret"), count("outbox_mail"), count("session"), count("usage_hour")) == (0, 0, 0, 1)
    clock.advance(days=400)
    retention.prune(runtime)
    assert (count("usage_hour"), count("api_key")) == (0, 1)
    assert audit.broken_at(alice.org) is None


def test_an_invitation_goes_thirty_days_after_it_ended_or_expired(runtime, alice, clock):
    ended, _ = (invitations.invite(runtime, alice.member, f"{who}@example.com", Role.VIEWER) for who in ("a", "b"))
    invitations.withdraw(runtime, alice.member, ended.id)
    for days, kept in ((30, 2), (1, 1), (6, 1), (1, 0)):
        clock.advance(days=days)
        retention.prune(runtime)
        assert count("invitation") == kept
