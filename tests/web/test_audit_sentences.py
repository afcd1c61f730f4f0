"""Sentences: every action that can be written has one, with every detail it can have."""

import ast
import inspect
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import get_type_hints

import pytest
from markupsafe import Markup

from app.domain.key_policy import KeyPolicy
from app.services import audit
from app.store.device_grants import DeviceGrant
from app.store.keys import ApiKey
from app.store.transaction import transaction
from app.web import audit_sentences
from app.web.audit_sentences import GROUPS, SENTENCES

AT = datetime(2026, 4, 16, 12, 0, tzinfo=UTC)
ACTION = re.compile(r"[a-z_]+\.[a-z_]+")


def written_actions():
    """The actions in the calls of `services.audit` that write entries."""
    return {
        node.value
        for function in ast.parse(inspect.getsource(audit)).body
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and ACTION.fullmatch(node.value)
    }


@pytest.fixture(autouse=True)
def context(app):
    with app.test_request_context():
        yield


def entry(action, actor="ann@acme.test", target="key_1", **details):
    return SimpleNamespace(
        id="aud_1", org_id="org_1", sequence=1204, at=AT, action=action, actor=actor, target=target, details=details
    )


def text(*arguments, **details):
    return Markup(audit_sentences.sentence(entry(*arguments, **details), "/")).striptags()


def test_every_action_that_is_written_has_a_sentence_in_a_group_that_exists():
    assert written_actions() - SENTENCES.keys() == set()
    assert {sentence.group for sentence in SENTENCES.values()} == GROUPS.keys()


def test_the_sentences():
    assert text("key.revoked", name="etl-staging-218") == "ann@acme.test revoked etl-staging-218"
    assert text("key.rotated", name="etl", successor="key_2") == "ann@acme.test rotated etl, which a new key replaces"
    assert text("keys.imported", "operator", "org_1", keys=1) == "The operator imported 1 key"
    assert text("installs.imported", "operator", "org_1", installs=1200) == "The operator imported 1,200 install IDs"
    assert text("cache.invalidated", "key_9", "org_1", generation=3) == "The key key_9 emptied the cache"
    assert text("key.revoked", "keydesk", name="old") == "Keydesk itself revoked old"


def test_a_hand_over_says_to_whom():
    to_bob, to_all = ({"owner": {"old": "ann@acme.test", "new": new}} for new in ("bob@acme.test", None))
    assert text("key.changed", name="etl", changes=to_bob) == "ann@acme.test handed etl over to bob@acme.test"
    assert text("key.changed", name="etl", changes=to_all) == "ann@acme.test handed etl over to the organization"
    both = to_all | {"name": {"old": "etl", "new": "ETL"}}
    assert text("key.changed", name="etl", changes=both) == "ann@acme.test changed etl"


def test_a_change_of_the_policy_says_which_setting_was_changed_from_what_to_what():
    changes = {
        "longest_expiry_days": {"old": 365, "new": 90},
        "scopes_by_role": {"old": {"owner": None, "member": None}, "new": {"owner": None, "member": ["agent:r"]}},
    }
    assert text("key_policy.changed", target="org_1", changes=changes) == (
        "ann@acme.test changed the policy for keys: longest expiry from 365 days to 90 days;"
        " scopes that members may give from all to agent:r"
    )
    assert audit_sentences.facts(entry("key_policy.changed", changes=changes))[:2] == [
        ("Longest expiry", "from 365 days to 90 days"),
        ("Scopes that members may give", "from all to agent:r"),
    ]


def test_a_new_name_of_the_organization_stands_beside_the_old_one():
    changes = {"name": {"old": "Acme", "new": "Acme & Sons"}}
    said = "ann@acme.test renamed the organization from Acme to Acme & Sons"
    assert text("organization.renamed", target="org_1", changes=changes) == said


def test_a_key_leads_to_its_page_and_a_name_is_no_markup():
    shown = audit_sentences.sentence(entry("key.created", name="<b>{x}</b>"), "/orgs/org_1/audit-log?key=a&b")
    assert '<a href="/orgs/org_1/keys/key_1?back=/orgs/org_1/audit-log?key%3Da%26b">&lt;b&gt;{x}&lt;/b&gt;</a>' in shown


def test_actions_and_details_of_other_versions_show_as_they_are():
    assert text("key.frobbed", target="thing_1") == "ann@acme.test key.frobbed: thing_1"
    assert text("member.added", target="usr_1") == "ann@acme.test member.added: usr_1"


def test_details_say_what_changed_from_what_to_what():
    changes = {
        "scopes": {"old": ["agent:r"], "new": ["agent:r", "notes:read"]},
        "expires_at": {"old": None, "new": "2027-01-31T12:00:00Z"},
        "rate_limit": {"old": {"requests": 1000, "window_seconds": 60}, "new": None},
        "settings": {"old": {}, "new": {"member": ["agent:r"]}},
        "is_so": {"old": False, "new": True},
    }
    assert audit_sentences.facts(entry("key.changed", changes=changes, reason="leaked", overlap_seconds=86400)) == [
        ("Scopes", "from agent:r to agent:r, notes:read"),
        ("Expires", "from none to 31 January 2027, 12:00 UTC"),
        ("Rate limit", "from 1,000 requests in 60 seconds to none"),
        ("Settings", "from none to member: agent:r"),
        ("Is so", "from no to yes"),
        ("Reason", "somebody else has it"),
        ("Works on for", "24 hours"),
        ("Action", "key.changed"),
        ("Of", "key_1"),
        ("Entry", "1,204 (aud_1)"),
    ]


def arguments(function, org_id, **chosen):
    """Arguments for a function of `services.audit`, by their names or else by their types."""
    key = ApiKey(id="key_1", org_id=org_id, name="etl", start="whk_1234", last4="abcd", scopes=("agent:r",))
    by_name = {"org_id": org_id, "key": key, "successor": key, "at": AT, "actor": "ann@acme.test"}
    by_name |= {"old": {"scopes": ()}, "new": {"scopes": ("agent:r",)}, "overridden": ("expires_at",)}
    by_name["grant"] = DeviceGrant(id="grant_1", client_name="Helper", address="192.0.2.1")
    by_type = {str: "something", str | None: None, int: 2, bool: True, Sequence[str]: ("agent:r",)}
    by_type |= {KeyPolicy: KeyPolicy(longest_expiry_days=30), datetime: AT}
    by_name |= chosen
    hints = get_type_hints(function)
    parameters = inspect.signature(function).parameters
    return {
        name: by_type[hints[name]] if hints[name] is KeyPolicy or name not in by_name else by_name[name]
        for name in parameters
    }


def test_every_sentence_finds_its_details_in_what_is_written(alice):
    writing = [
        function
        for name, function in inspect.getmembers(audit, inspect.isfunction)
        if not name.startswith("_") and "at" in inspect.signature(function).parameters
    ]
    for function in writing:
        for disabled in (True, False):
            with transaction():
                function(**arguments(function, alice.org, disabled=disabled))
    entries = audit.page(alice.org, limit=1000, cursor=None).items
    assert {entry.action for entry in entries} == written_actions()
    plain = [entry.action for entry in entries if f"{entry.action}:" in audit_sentences.sentence(entry, "/")]
    assert plain == []
    assert all(len(audit_sentences.facts(entry)) >= 3 for entry in entries)
