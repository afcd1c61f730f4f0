"""The audit log: one function for each action, so that all entries of an action have the same details.

All of them write in the caller's transaction: without the entry there is no change.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

from app.domain import notable_key_changes, verifiable_audit_file
from app.domain.audit_chain import SealedEntry, first_broken
from app.domain.ids import is_id
from app.domain.key_policy import KeyPolicy, to_json
from app.domain.key_rate_limit import RateLimit
from app.domain.paging import Page
from app.domain.rfc3339 import rfc3339
from app.services.runtime import Runtime
from app.store import audit, audit_search, key_change_notices, people
from app.store.audit import AuditEntry
from app.store.audit_search import EVERYTHING, AuditFilter
from app.store.device_grants import DeviceGrant
from app.store.keys import ApiKey
from app.store.transaction import afterwards

log = logging.getLogger("keydesk.security")

__all__ = ["EVERYTHING", "AuditEntry", "AuditFilter"]


def key_created(key: ApiKey, *, at: datetime, actor: str, overridden: Sequence[str] = ()) -> None:
    """`overridden`: the settings with which an operator overrode the organization's policy."""
    _of_key(key, "key.created", at, actor, **_wire(key.settings), **_overriding(overridden))


def key_changed(
    key: ApiKey,
    *,
    at: datetime,
    actor: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    overridden: Sequence[str] = (),
) -> None:
    """`new` holds the settings that changed, `old` at least their earlier values. `overridden`: as for a new key."""
    was, becomes = _wire(old), _wire(new)
    changes = {name: {"old": was[name], "new": becomes[name]} for name in becomes}
    _of_key(key, "key.changed", at, actor, changes=changes, **_overriding(overridden))


def key_revoked(key: ApiKey, *, at: datetime, actor: str, reason: str | None = None) -> None:
    """`reason`: that it leaked, or why Keydesk revoked it by itself. None: the actor wanted it."""
    _of_key(key, "key.revoked", at, actor, **({"reason": reason} if reason else {}))


def key_revoke_undone(key: ApiKey, *, at: datetime, actor: str) -> None:
    _of_key(key, "key.revoke_undone", at, actor)


def key_suspended(key: ApiKey, *, at: datetime, actor: str) -> None:
    _of_key(key, "key.suspended", at, actor)


def key_resumed(key: ApiKey, *, at: datetime, actor: str) -> None:
    _of_key(key, "key.resumed", at, actor)


def key_rotated(
    key: ApiKey, *, at: datetime, actor: str, successor: ApiKey, overlap_seconds: int, overridden: Sequence[str] = ()
) -> None:
    """`overridden`: by which settings of the successor an operator overrode the organization's policy."""
    details = {"successor": successor.id, "overlap_seconds": overlap_seconds} | _overriding(overridden)
    _of_key(key, "key.rotated", at, actor, **details)


def keys_imported(org_id: str, *, at: datetime, actor: str, count: int, overridden: Sequence[str] = ()) -> None:
    """`overridden`: as for a new key."""
    _record(org_id, "keys.imported", at, actor, org_id, keys=count, **_overriding(overridden))


def key_policy_changed(org_id: str, *, at: datetime, actor: str, old: KeyPolicy, new: KeyPolicy) -> None:
    was, becomes = to_json(old), to_json(new)
    changes = {name: {"old": was[name], "new": becomes[name]} for name in becomes if was[name] != becomes[name]}
    _record(org_id, "key_policy.changed", at, actor, org_id, changes=changes)


def keys_seeded(org_id: str, *, at: datetime, actor: str, count: int) -> None:
    _record(org_id, "keys.seeded", at, actor, org_id, keys=count)


def install_ids_imported(org_id: str, *, at: datetime, actor: str, count: int) -> None:
    _record(org_id, "installs.imported", at, actor, org_id, installs=count)


def install_id_withdrawn(org_id: str, *, at: datetime, actor: str, install_id: str) -> None:
    _record(org_id, "install.withdrawn", at, actor, install_id)


def organization_created(org_id: str, *, at: datetime, actor: str, owner: str | None) -> None:
    """`owner` None: an operator created it, and it has no members."""
    _record(org_id, "organization.created", at, actor, org_id, owner=owner)


def organization_renamed(org_id: str, *, at: datetime, actor: str, old: str, new: str) -> None:
    _record(org_id, "organization.renamed", at, actor, org_id, changes={"name": {"old": old, "new": new}})


def organization_switched(org_id: str, *, at: datetime, actor: str, disabled: bool) -> None:
    _record(org_id, "organization.disabled" if disabled else "organization.enabled", at, actor, org_id)


def organization_deleted(org_id: str, *, at: datetime, actor: str, keys: int, erased_at: datetime) -> None:
    """`keys`: how many stopped working."""
    _record(org_id, "organization.deleted", at, actor, org_id, keys=keys, erased_at=rfc3339(erased_at))


def organization_restored(org_id: str, *, at: datetime, actor: str) -> None:
    _record(org_id, "organization.restored", at, actor, org_id)


def member_added(org_id: str, *, at: datetime, actor: str, person_id: str, email: str, role: str) -> None:
    _record(org_id, "member.added", at, actor, person_id, email=email, role=role)


def member_role_changed(
    org_id: str, *, at: datetime, actor: str, person_id: str, email: str, was: str, role: str
) -> None:
    _record(org_id, "member.role_changed", at, actor, person_id, email=email, was=was, role=role)


def invitation_created(org_id: str, *, at: datetime, actor: str, invitation_id: str, email: str, role: str) -> None:
    _record(org_id, "invitation.created", at, actor, invitation_id, email=email, role=role)


def invitation_withdrawn(org_id: str, *, at: datetime, actor: str, invitation_id: str, email: str) -> None:
    _record(org_id, "invitation.withdrawn", at, actor, invitation_id, email=email)


def invitation_declined(org_id: str, *, at: datetime, invitation_id: str, email: str) -> None:
    _record(org_id, "invitation.declined", at, email, invitation_id, email=email)


def member_joined(org_id: str, *, at: datetime, person_id: str, email: str, role: str, invited_by: str) -> None:
    _record(org_id, "member.joined", at, email, person_id, email=email, role=role, invited_by=invited_by)


def member_left(org_id: str, *, at: datetime, person_id: str, email: str) -> None:
    _record(org_id, "member.left", at, email, person_id, email=email)


def member_removed(org_id: str, *, at: datetime, actor: str, person_id: str, email: str) -> None:
    _record(org_id, "member.removed", at, actor, person_id, email=email)


def member_switched(org_id: str, *, at: datetime, actor: str, person_id: str, email: str, disabled: bool) -> None:
    action = "member.disabled" if disabled else "member.enabled"
    _record(org_id, action, at, actor, person_id, email=email)


def member_address_changed(org_id: str, *, at: datetime, actor: str, person_id: str, was: str, becomes: str) -> None:
    _record(org_id, "member.address_changed", at, actor, person_id, email=becomes, was=was)


def session_created(org_id: str, *, at: datetime, actor: str, session_id: str) -> None:
    _record(org_id, "session.created", at, actor, session_id)


def session_ended(org_id: str, *, at: datetime, actor: str, session_id: str) -> None:
    _record(org_id, "session.ended", at, actor, session_id)


def session_token_created(org_id: str, *, at: datetime, actor: str, person_id: str) -> None:
    _record(org_id, "session_token.created", at, actor, person_id)


def device_approved(org_id: str, *, at: datetime, actor: str, grant: DeviceGrant, scopes: Sequence[str]) -> None:
    details = {"client": grant.client_name, "address": grant.address, "scopes": list(scopes)}
    _record(org_id, "device.approved", at, actor, grant.id, **details)


def credits_granted(org_id: str, *, at: datetime, actor: str, amount: int) -> None:
    _record(org_id, "credits.granted", at, actor, org_id, amount=amount)


def cache_invalidated(org_id: str, *, at: datetime, actor: str, generation: int) -> None:
    _record(org_id, "cache.invalidated", at, actor, org_id, generation=generation)


def page(org_id: str, wanted: AuditFilter = EVERYTHING, *, limit: int, cursor: str | None) -> Page[AuditEntry]:
    """A page of the organization's entries, newest first. Raises `ValidationFailed` for an invalid cursor."""
    return audit_search.page(org_id, wanted, limit=limit, cursor=cursor)


def every(org_id: str, wanted: AuditFilter) -> Iterator[AuditEntry]:
    """All of them, newest first, read while they are consumed."""
    return audit_search.every(org_id, wanted)


def whole(runtime: Runtime, org_id: str, organization: str) -> Iterator[str]:
    """The lines of a file with the whole log, which can be checked without the database; read while they are
    consumed."""
    head = audit.head(org_id)
    # Entries that are written meanwhile are not in it.
    chain = audit.chain(org_id, limit=head[0])
    return verifiable_audit_file.whole(org_id, organization, runtime.clock(), chain, head)


def actors(org_id: str) -> Sequence[str]:
    """Who did something in the organization, as entries name them; the first 500."""
    return audit_search.actors(org_id, limit=500)


def of_key(org_id: str, key_id: str, *, limit: int) -> Sequence[AuditEntry]:
    """What was done to the key, newest first."""
    return audit.of_target(org_id, key_id, limit=limit)


def broken_at(org_id: str) -> int | None:
    """The number of the first entry that was changed or is missing, or None if the chain is intact."""
    return first_broken(audit.chain(org_id), audit.head(org_id))


def still_holds(kept: SealedEntry) -> bool:
    """Whether the log still has this seal at this entry. If so, and if the chain is intact, no entry up to it was
    changed since the seal was kept, not even by somebody who could write all seals anew."""
    return audit.seal_of(kept.org_id, kept.sequence) == kept.seal


def _of_key(key: ApiKey, action: str, at: datetime, actor: str, **details: Any) -> None:
    sequence = _record(key.org_id, action, at, actor, key.id, **({"name": key.name, "start": key.start} | details))
    if action in notable_key_changes.TOLD and actor != notable_key_changes.BY_ITSELF and key.owner_id:
        _tell_owner(key.owner_id, key.org_id, sequence, at, actor)


def _tell_owner(owner_id: str, org_id: str, sequence: int, at: datetime, actor: str) -> None:
    """Notes what somebody else did to a key, for the mail to whoever made it."""
    owner = people.get(owner_id)
    if owner is not None and owner.email != actor:
        key_change_notices.add(owner_id, org_id, sequence, at)


def _record(org_id: str, action: str, at: datetime, actor: str, target: str, **details: Any) -> int:
    sequence = audit.append(org_id, at=at, action=action, actor=actor, target=target, details=details)
    # Without the actor, who is an address: the entry with this number has it.
    fields = {"event": f"security.{action}", "organization": org_id, "sequence": sequence}
    if is_id(target):
        fields["target"] = target
    afterwards(partial(log.info, "", extra=fields))
    return sequence


def _overriding(names: Sequence[str]) -> dict[str, Any]:
    return {"overrides_policy": list(names)} if names else {}


def _wire(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a key as JSON values."""
    return {name: _json(value) for name, value in settings.items()}


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, RateLimit):
        return asdict(value)
    return list(value) if isinstance(value, tuple) else value
