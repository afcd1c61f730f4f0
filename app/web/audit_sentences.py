"""Entries of the audit log as sentences, such as "ann@acme.test revoked etl-staging".

A new action of `services.audit` gets a line in `SENTENCES`; a test names those that have none.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from flask import url_for
from markupsafe import Markup

from app.domain import notable_key_changes
from app.domain.plural import counted
from app.store.audit import AuditEntry
from app.web import audit_policy_changes
from app.web.absolute_time import duration, moment

#: What one can filter by, in plain words.
GROUPS = {
    "made": "Keys made",
    "changed": "Keys changed",
    "ended": "Keys revoked or suspended",
    "people": "Members and invitations",
    "sign_in": "Signing in",
    "agents": "Agents",
    "organization": "The organization",
}


class Sentence(NamedTuple):
    """`words` follow the name of who did it. What stands in braces is a detail of the entry, or one of `_parts`."""

    group: str
    words: str


SENTENCES = {
    "key.created": Sentence("made", "created {key}"),
    "key.rotated": Sentence("made", "rotated {key}, which {successor} replaces"),
    "keys.imported": Sentence("made", "imported {count}"),
    "keys.seeded": Sentence("made", "created {count} to measure with"),
    "installs.imported": Sentence("made", "imported {count}"),
    "key.changed": Sentence("changed", "changed {key}"),
    "key_policy.changed": Sentence("changed", "changed the policy for keys: {policy}"),
    "key.revoked": Sentence("ended", "revoked {key}"),
    "key.revoke_undone": Sentence("ended", "undid the revoke of {key}"),
    "key.suspended": Sentence("ended", "suspended {key}"),
    "key.resumed": Sentence("ended", "resumed {key}"),
    "install.withdrawn": Sentence("ended", "withdrew the install ID {target}"),
    "member.added": Sentence("people", "made {email} a member, with the role {role}"),
    "member.joined": Sentence("people", "joined as {role}, invited by {invited_by}"),
    "member.role_changed": Sentence("people", "changed the role of {email} from {was} to {role}"),
    "member.left": Sentence("people", "left the organization"),
    "invitation.created": Sentence("people", "invited {email} as {role}"),
    "invitation.withdrawn": Sentence("people", "withdrew the invitation of {email}"),
    "invitation.declined": Sentence("people", "declined an invitation"),
    "member.removed": Sentence("people", "removed the member {email}"),
    "member.disabled": Sentence("people", "disabled {email}"),
    "member.enabled": Sentence("people", "enabled {email} again"),
    "member.address_changed": Sentence("people", "changed the address {was} to {email}"),
    "session.created": Sentence("sign_in", "signed in"),
    "session.ended": Sentence("sign_in", "ended a session"),
    "session_token.created": Sentence("agents", "let an agent manage keys for 15 minutes"),
    "device.approved": Sentence("agents", "approved a key for the agent {client}"),
    "organization.created": Sentence("organization", "created the organization"),
    "organization.disabled": Sentence("organization", "disabled the organization"),
    "organization.enabled": Sentence("organization", "enabled the organization again"),
    "organization.renamed": Sentence("organization", "renamed the organization from {old_name} to {new_name}"),
    "organization.deleted": Sentence("organization", "deleted the organization"),
    "organization.restored": Sentence("organization", "brought the organization back"),
    "credits.granted": Sentence("organization", "granted credits: {amount}"),
    "cache.invalidated": Sentence("organization", "emptied the cache"),
}
_ACTORS = {
    "operator": "The operator",
    notable_key_changes.BY_ITSELF: "Keydesk itself",
    "test": "Somebody with a test key",
}
_REASONS = {
    "leaked": "somebody else has it",
    "idle after rotation": "nobody used it after its rotation",
    "cannot be derived": "it cannot be derived again",
}
_LABELS = {
    "expires_at": "Expires",
    "start": "Begins with",
    "last4": "Ends with",
    "overlap_seconds": "Works on for",
    "overrides_policy": "In spite of the policy",
    "owner": "Owner",
    "client": "Agent",
}
_VALUES: dict[str, Callable[[Any], str]] = {
    "reason": lambda reason: _REASONS.get(reason, str(reason)),
    "overlap_seconds": duration,
    "rate_limit": lambda rate: f"{rate['requests']:,} requests in {duration(rate['window_seconds'])}",
}


_POLICY_CHANGED = "key_policy.changed"
_HANDED_OVER = "handed {key} over to {owner}"


def actions_of(group: str) -> tuple[str, ...]:
    return tuple(action for action, sentence in SENTENCES.items() if sentence.group == group)


def actor_name(actor: str) -> str:
    return _ACTORS.get(actor, actor)


def sentence(entry: AuditEntry, back: str) -> Markup:
    """The entry as HTML. Names are those of then. `back`: the page to which the page of a key leads back. An action
    that an earlier version wrote, and that has no sentence, shows as it is."""
    known = SENTENCES.get(entry.action)
    if known is not None:
        words = _HANDED_OVER if entry.details.get("changes", {}).keys() == {"owner"} else known.words
        try:
            deed = Markup(words).format_map(_parts(entry, back))  # noqa: S704 -- a constant of this file
        except KeyError:
            # A detail that earlier versions did not write.
            known = None
    if known is None:
        deed = Markup("{}: {}").format(entry.action, _thing(entry.org_id, entry.target, entry.target, back))
    return Markup("<strong>{}</strong> {}").format(_actor(entry, back), deed)


def facts(entry: AuditEntry) -> list[tuple[str, str]]:
    """What else the entry says: labels and values."""
    details = dict(entry.details)
    changes: Mapping[str, Mapping[str, Any]] = details.pop("changes", {})
    if entry.action == _POLICY_CHANGED:
        found = [(_label(change.part), change.from_to) for change in audit_policy_changes.in_words(changes)]
    else:
        found = [
            (_label(name), f"from {_value(name, change['old'])} to {_value(name, change['new'])}")
            for name, change in changes.items()
        ]
    found += [(_label(name), _value(name, value)) for name, value in details.items()]
    return [*found, ("Action", entry.action), ("Of", entry.target), ("Entry", f"{entry.sequence:,} ({entry.id})")]


def _actor(entry: AuditEntry, back: str) -> str | Markup:
    if entry.actor.startswith("key_"):
        return Markup("The key {}").format(_thing(entry.org_id, entry.actor, entry.actor, back))
    return actor_name(entry.actor)


def _parts(entry: AuditEntry, back: str) -> dict[str, Any]:
    details = entry.details
    name = details.get("name") or entry.target
    successor = details.get("successor")
    parts = details | {"target": entry.target, "key": _thing(entry.org_id, entry.target, name, back)}
    changes = details.get("changes", {})
    if owner := changes.get("owner"):
        parts["owner"] = owner["new"] or "the organization"
    if name := changes.get("name"):
        parts |= {"old_name": name["old"], "new_name": name["new"]}
    if entry.action == _POLICY_CHANGED:
        parts["policy"] = "; ".join(f"{one.part} {one.from_to}" for one in audit_policy_changes.in_words(changes))
    if successor:
        parts["successor"] = _thing(entry.org_id, successor, "a new key", back)
    for noun in ("key", "install"):
        if f"{noun}s" in details:
            number = details[f"{noun}s"]
            parts["count"] = counted(number, "install ID" if noun == "install" else noun)
    return parts


def _thing(org_id: str, target: str, name: str, back: str) -> str | Markup:
    """A link to it, if it is a key."""
    if not target.startswith("key_"):
        return name
    return Markup('<a href="{}">{}</a>').format(url_for("key_page.show", org=org_id, key=target, back=back), name)


def _label(name: str) -> str:
    words = name.replace("_", " ")
    return _LABELS.get(name, words[:1].upper() + words[1:])


def _value(name: str, value: Any) -> str:
    """A detail as a text."""
    if value is None or value in ([], {}):
        return "none"
    if name.endswith("_at"):
        return moment(datetime.fromisoformat(value))
    if name in _VALUES:
        return _VALUES[name](value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_value(key, one)}" for key, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
