"""The audit log: a chain for each organization."""

import pytest

from app.domain.audit_chain import first_broken
from app.store import audit
from app.store.transaction import transaction


def test_each_organization_has_a_whole_chain_of_its_own(org, other_org, append):
    for org_id, action in ((org, "one"), (other_org, "another"), (org, "two"), (org, "three")):
        append(org_id, action)
    for org_id, actions in ((org, ["one", "two", "three"]), (other_org, ["another"])):
        chain = list(audit.chain(org_id))
        assert [(entry.sequence, entry.action) for entry, _ in chain] == list(enumerate(actions, 1))
        assert first_broken(chain, audit.head(org_id)) is None
        assert audit.head(org_id)[0] == len(actions)


def test_an_entry_that_was_not_committed_leaves_no_gap(org, append, clock):
    def fails():
        with transaction():
            audit.append(org, at=clock.now, action="lost", actor="ann", target="key_1", details={})
            raise RuntimeError("stop")

    append(org, "one")
    with pytest.raises(RuntimeError, match="stop"):
        fails()
    append(org, "two")
    assert [(entry.sequence, entry.action) for entry, _ in audit.chain(org)] == [(1, "one"), (2, "two")]


def test_details_come_back_as_they_went(org, append):
    details = {"name": "CI “é”", "scopes": ["b", "a"], "rate_limit": None, "nested": {"n": 10**15}}
    append(org, "key.created", **details)
    assert audit.of_target(org, "key_1", limit=1)[0].details == details
    assert first_broken(audit.chain(org), audit.head(org)) is None
