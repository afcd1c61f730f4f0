"""Many keys at once."""

import pytest

from app.domain.errors import UnknownScope
from app.services import benchmark_keys, key_verification, operator_organizations
from app.store import credits


def test_each_thousand_has_an_organization_with_credits(runtime):
    batches = list(benchmark_keys.seed(runtime, 2001, scopes=("agent:r",), rate_limit=None))
    assert [len(batch) for batch in batches] == [1000, 1000, 1]
    records = [key_verification.require(runtime, batch[0].reveal(), scope="agent:r") for batch in batches]
    assert [record.org_name for record in records] == ["Seed 1", "Seed 2", "Seed 3"]
    assert all(
        credits.ledger_sum(org.id) == benchmark_keys.CREDITS
        for org in operator_organizations.all_organizations(runtime)
    )


def test_an_unknown_scope_is_named(runtime):
    with pytest.raises(UnknownScope):
        next(benchmark_keys.seed(runtime, 1, scopes=("nope",), rate_limit=None))
