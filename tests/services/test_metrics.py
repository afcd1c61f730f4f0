"""Figures for `/metrics`: each comes from what happened, on both databases."""

from datetime import timedelta

import pytest

from app.domain.key_verification import Outcome
from app.services import key_verification, metrics, outbox, usage
from app.services.metrics import OF_ALL, OF_PROCESSES
from app.store.database_errors import DatabaseUnavailable
from app.store.transaction import transaction
from tests.services import issued_keys


@pytest.fixture
def issued_key(runtime, alice):
    return issued_keys.make(runtime, alice.member).plaintext.reveal()


def figures(found, name):
    return {tuple(labels): figure for labels, figure in found[name]}


def number(found, name):
    return figures(found, name)[()]


def test_all_families_have_a_figure_and_no_figure_is_without_a_family(runtime):
    with runtime.context():
        key_verification.verify(runtime, "whk_ABCDEFGHIJKLMNOPQRSTUVWXYZ2bkEBD", None)
    assert metrics.of_process(runtime).keys() == {family.name for family in OF_PROCESSES}
    assert metrics.of_all(runtime).keys() == {family.name for family in OF_ALL}


def test_labels_fit_their_family_and_hold_only_what_is_written_in_the_code(runtime):
    found = metrics.of_process(runtime) | metrics.of_all(runtime)
    for family in (*OF_PROCESSES, *OF_ALL):
        assert all(len(labels) == len(family.labels) for labels, _ in found[family.name]), family.name


def test_outcomes_are_named_as_back_ends_get_them(runtime):
    runtime.counters.forward_auth.add("KEY_REVOKED", 0.001)
    runtime.counters.own_routes.add("INVALID_KEY", 0.001)
    runtime.counters.keys_verify.add(Outcome.RATE_LIMITED, 0.001)
    runtime.counters.forward_auth.add("CREDITS_EXHAUSTED", 0.001)
    runtime.counters.forward_auth.add("ROUTE_NOT_LISTED", 0.001)
    found = metrics.of_process(runtime)
    counted = {labels for labels, count in figures(found, "keydesk_verifications").items() if count}
    assert counted == {
        ("forward_auth", "REVOKED"),
        ("forward_auth", "CREDITS_EXHAUSTED"),
        ("forward_auth", "ROUTE_NOT_LISTED"),
        ("own_routes", "NOT_FOUND"),
        ("keys_verify", "RATE_LIMITED"),
    }
    assert figures(found, "keydesk_limiter_refusals") == {("keys",): 1, ("requests",): 0}
    assert number(found, "keydesk_credits_refusals") == 1


def test_outcomes_that_never_happened_are_0(runtime):
    found = figures(metrics.of_process(runtime), "keydesk_verifications")
    assert found == {
        (face, outcome.value): 0 for face in ("forward_auth", "own_routes", "keys_verify") for outcome in Outcome
    }


def test_the_outbox_is_counted_by_state_with_the_age_of_its_oldest_mail(runtime, clock):
    def deliver(_letter):
        raise outbox.DeliveryFailed("SMTPRecipientsRefused 550", for_good=True)

    def is_down(_letter):
        raise ConnectionRefusedError

    with runtime.context():
        for send_with in (deliver, is_down, None):
            with transaction():
                now = clock()
                outbox.enqueue(
                    mail="new_browser",
                    recipient="ann@example.com",
                    secret_id=None,
                    now=now,
                    expires_at=now + timedelta(hours=1),
                    send=True,
                )
            if send_with:
                outbox.send_next(runtime, send_with)
            clock.advance(seconds=5)
    found = metrics.of_all(runtime)
    assert figures(found, "keydesk_outbox_mails") == {("waiting",): 1, ("failing",): 1, ("given_up",): 1}
    assert number(found, "keydesk_outbox_oldest_age_seconds") == 10
    assert figures(metrics.of_process(runtime), "keydesk_mail_deliveries") == {("sent",): 0, ("failed",): 2}


def test_counts_wait_until_they_are_written(runtime, monkeypatch, issued_key):
    key_verification.verify(runtime, issued_key, None)
    before = metrics.of_process(runtime)
    assert number(before, "keydesk_usage_backlog") == 1
    with monkeypatch.context() as patch:
        patch.setattr(usage, "_counts", lambda _requests: (_ for _ in ()).throw(DatabaseUnavailable("gone")))
        with pytest.raises(DatabaseUnavailable):
            runtime.usage.flush()
    after = metrics.of_process(runtime)
    assert number(after, "keydesk_usage_backlog") == 1
    assert number(after, "keydesk_usage_backlog_age_seconds") >= number(before, "keydesk_usage_backlog_age_seconds")
    runtime.usage.flush()
    written = metrics.of_process(runtime)
    assert (number(written, "keydesk_usage_backlog"), number(written, "keydesk_usage_backlog_age_seconds")) == (0, 0)
    assert figures(written, "keydesk_usage_flushes") == {("ok",): 1, ("failed",): 1}


def test_the_cache_and_the_lease_are_seen(runtime, issued_key):
    assert metrics.of_process(runtime)["keydesk_lease_age_seconds"] == []
    for _ in range(3):
        key_verification.verify(runtime, issued_key, None)
    found = metrics.of_process(runtime)
    assert number(found, "keydesk_key_cache_reads") == 1
    assert number(found, "keydesk_key_cache_hits") == 2
    assert number(found, "keydesk_key_cache_records") == 1
    assert 0 <= number(found, "keydesk_lease_age_seconds") < 60
    renewals = figures(found, "keydesk_lease_renewals")
    assert renewals["ok",] >= 1
    assert renewals["failed",] == 0


def test_the_pool_is_counted(runtime):
    found = metrics.of_process(runtime)
    assert figures(found, "keydesk_database_connections").keys() == {("in_use",), ("idle",)}
    assert number(found, "keydesk_database_connections_max") == 64 if runtime.settings.is_sqlite else 20
