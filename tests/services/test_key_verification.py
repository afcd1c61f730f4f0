"""One verification for every key."""

import psycopg
import pytest

from app.domain import key_format
from app.domain.errors import InsufficientScope, InvalidKey, KeyDisabled, KeyExpired, KeyRevoked
from app.domain.key_rate_limit import RateLimit
from app.domain.key_settings import KeySettings
from app.domain.key_verification import Outcome
from app.extensions import db
from app.services import key_revocation, key_verification, keys
from app.services.revocation_barrier import revoking
from app.store.database_errors import DatabaseUnavailable
from app.store.organizations import Organization
from app.store.verification_connections import Query
from tests.databases import statements
from tests.factories import in_days


@pytest.fixture
def issued(runtime, alice):
    return keys.create(
        runtime,
        alice.member,
        KeySettings(name="CI", scopes=["agent:r"], expires_at=in_days(runtime, 30)),
    )


def test_a_working_key_is_known_with_all_that_decides(runtime, alice, issued):
    record = key_verification.require(runtime, issued.plaintext.reveal(), scope="agent:r")
    assert (record.key_id, record.org_id, record.scopes) == (issued.listed.key.id, alice.org, ("agent:r",))


def test_the_answer_after_revoke_is_no(runtime, alice, issued):
    key_revocation.revoke(runtime, alice.member, issued.listed.key.id)
    with pytest.raises(KeyRevoked):
        key_verification.require(runtime, issued.plaintext.reveal(), scope=None)


def test_an_expired_key_is_refused_from_its_moment_on(runtime, issued, clock):
    clock.advance(days=30)
    with pytest.raises(KeyExpired):
        key_verification.require(runtime, issued.plaintext.reveal(), scope=None)


def test_a_key_of_a_disabled_organization_is_refused_and_comes_back_with_it(runtime, alice, issued, clock):
    for moment in (clock.now, None):
        with revoking(runtime) as revocation:
            db.session.get(Organization, alice.org).disabled_at = moment
            revocation.affects(alice.org)
        if moment:
            with pytest.raises(KeyDisabled):
                key_verification.require(runtime, issued.plaintext.reveal(), scope=None)
    assert key_verification.require(runtime, issued.plaintext.reveal(), scope=None)


def test_a_missing_scope_is_named(runtime, issued):
    with pytest.raises(InsufficientScope) as refused:
        key_verification.require(runtime, issued.plaintext.reveal(), scope="cache:invalidate")
    assert refused.value.details == {"required": "cache:invalidate", "granted": ["agent:r"]}


def test_a_verdict_leaves_no_trace(runtime, alice, clock):
    settings = KeySettings(name="CI", scopes=["agent:r"], expires_at=in_days(runtime, 30), rate_limit=RateLimit(1, 60))
    key = keys.create(runtime, alice.member, settings).plaintext.reveal()
    with statements() as sent:
        for _ in range(2):
            assert key_verification.verdict(runtime, key, org_id=alice.org).outcome is Outcome.VALID
        assert key_verification.verdict(runtime, key, org_id="org_other").outcome is Outcome.NOT_FOUND
    assert not [statement for statement in sent if not statement.startswith("SELECT")]
    assert key_verification.require(runtime, key, scope=None)
    assert key_verification.verdict(runtime, key, org_id=alice.org).outcome is Outcome.RATE_LIMITED
    clock.advance(days=30)
    assert key_verification.verdict(runtime, key, org_id=alice.org).outcome is Outcome.EXPIRED


@pytest.mark.parametrize(
    "key", ["", "whk_short", "whk_" + "A" * 32, "'; DROP TABLE api_key; --", "\x00", "é", "\udc80"]
)
def test_a_malformed_key_never_reaches_the_database(runtime, key):
    # Asked once a second: whether any imported key is on record.
    assert not runtime.key_records.has_imported()
    with statements() as sent, pytest.raises(InvalidKey):
        key_verification.require(runtime, key, scope=None)
    assert sent == []


def test_a_well_formed_key_that_nobody_has_is_invalid(runtime, app):
    with pytest.raises(InvalidKey):
        key_verification.require(runtime, key_format.mint("whk_").plaintext.reveal(), scope=None)


def test_a_verification_writes_nothing(runtime, issued):
    with statements() as sent:
        assert key_verification.verify(runtime, issued.plaintext.reveal(), scope=None).outcome is Outcome.VALID
    # Its own reading goes past the session, on connections that refuse to write.
    assert sent == []
    with pytest.raises((DatabaseUnavailable, psycopg.errors.ReadOnlySqlTransaction)):
        runtime.key_records._reader.rows(Query("DELETE FROM usage_hour", ()))
