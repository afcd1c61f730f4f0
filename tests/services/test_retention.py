"""What is forgotten, and what is not."""

from sqlalchemy import text

from app.domain.key_settings import KeySettings
from app.extensions import db
from app.services import audit, key_verification, keys, retention


def count(table):
    return db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


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
