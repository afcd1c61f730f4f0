"""Test tokens: an hour, and twenty of them an hour for a client."""

from dataclasses import replace

import pytest

from app.domain.errors import KeyExpired, RateLimited
from app.services import dev_test_tokens, key_verification


def test_a_test_token_is_a_key_of_the_operators_for_an_hour(runtime, clock):
    token = dev_test_tokens.issue(runtime, client="203.0.113.1").plaintext.reveal()
    record = key_verification.require(runtime, token, scope="agent:rw")
    assert (record.org_name, record.scopes) == ("Operators", ("agent:rw",))
    clock.advance(hours=1)
    with pytest.raises(KeyExpired):
        key_verification.require(runtime, token, scope=None)


def test_twenty_an_hour_for_a_client(runtime, clock):
    for _ in range(20):
        dev_test_tokens.issue(runtime, client="203.0.113.1")
    with pytest.raises(RateLimited):
        dev_test_tokens.issue(runtime, client="203.0.113.1")
    assert dev_test_tokens.issue(runtime, client="203.0.113.2")
    clock.advance(hours=1)
    assert dev_test_tokens.issue(runtime, client="203.0.113.1")


def test_with_a_policy_that_lacks_its_scope_a_test_token_has_the_default_ones(app, runtime, set_settings):
    policy = runtime.settings.policy
    scopes = {name: scope for name, scope in policy.scopes.items() if name != "agent:rw"}
    set_settings(policy=replace(policy, scopes=scopes, default_scopes=("agent:r",)))
    issued = dev_test_tokens.issue(app.extensions["runtime"], client="203.0.113.1")
    assert issued.listed.key.scopes == ("agent:r",)
