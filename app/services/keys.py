"""Keys of an organization: create and list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from app.domain import key_format, key_settings, key_settings_ceiling, member_roles
from app.domain import key_policy as policies
from app.domain.errors import Forbidden, KeyAlreadyShown, NotFound
from app.domain.ids import new_id
from app.domain.key_origin import KeyOrigin
from app.domain.key_policy import KeyPolicy
from app.domain.key_settings import KeySettings
from app.domain.member_roles import Permission, Role
from app.domain.paging import Page
from app.domain.secret import Secret
from app.services import audit, key_policy, key_quotas, organizations
from app.services.key_owners import THE_ORGANIZATION, Owner
from app.services.organizations import Member
from app.services.runtime import Runtime
from app.store import keys
from app.store.keys import ApiKey, ListedKey
from app.store.transaction import take_turns, transaction


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key. `plaintext` is handed out once and not stored."""

    plaintext: Secret
    listed: ListedKey
    #: The settings with which an operator overrode the organization's policy.
    overridden: Sequence[str] = ()


def get(member: Member, key_id: str) -> ListedKey:
    """Raises `NotFound`."""
    found = keys.get(member.org_id, key_id)
    if found is None:
        raise NotFound
    return found


def create(
    runtime: Runtime,
    member: Member,
    settings: KeySettings,
    *,
    origin: KeyOrigin = KeyOrigin.DASHBOARD,
    submission_id: str | None = None,
    of_organization: bool = False,
) -> IssuedKey:
    """A new key. `submission_id`: the form that asks for it, so that sending the form twice creates one key.
    `of_organization`: it belongs to the organization, not to the member.

    Raises `ValidationFailed`, `UnknownScope`, `Forbidden`, `NotFound`, `KeyAlreadyShown`, `TooManyKeys` and
    `RateLimited`.
    """
    with transaction():
        return create_within(
            runtime,
            member,
            settings,
            runtime.clock(),
            origin=origin,
            submission_id=submission_id,
            of_organization=of_organization,
        )


def create_within(
    runtime: Runtime,
    member: Member,
    settings: KeySettings,
    now: datetime,
    *,
    origin: KeyOrigin,
    submission_id: str | None = None,
    of_organization: bool = False,
) -> IssuedKey:
    """As `create`, in the caller's transaction."""
    member = organizations.still_member(member)
    if of_organization:
        refuse_to_set_owner(member)
    settings = checked(runtime, settings, now)
    refuse_ungrantable(runtime, member, settings.get("scopes", ()))
    refuse_second_submission(member.org_id, submission_id)
    key_quotas.refuse_over(runtime, member.org_id, member.person_id, now)
    issued = issue(
        runtime,
        member.org_id,
        settings,
        now,
        role=member.role,
        origin=origin,
        created_by=member.person_id,
        owner=THE_ORGANIZATION if of_organization else Owner(member.person_id, member.email),
        email=member.email,
        submission_id=submission_id,
    )
    audit.key_created(issued.listed.key, at=now, actor=member.email)
    return issued


def create_without_person(
    runtime: Runtime,
    org_id: str,
    settings: KeySettings,
    now: datetime,
    *,
    origin: KeyOrigin,
    overrides_policy: bool = False,
) -> IssuedKey:
    """A key that no person creates: an operator's, or a test token. Joins the caller's transaction. Raises
    `ValidationFailed` and `UnknownScope`."""
    settings = checked(runtime, settings, now)
    issued = issue(runtime, org_id, settings, now, role=None, origin=origin, overrides_policy=overrides_policy)
    audit.key_created(issued.listed.key, at=now, actor=origin.value, overridden=issued.overridden)
    return issued


def page_of_person(runtime: Runtime, person_id: str, *, limit: int, cursor: str | None) -> Page[ListedKey]:
    """A page of the active keys of all the person's organizations, newest first. Raises `ValidationFailed` for an
    invalid cursor."""
    return keys.page_of_person(person_id, now=runtime.clock(), limit=limit, cursor=cursor)


def member_for_key(person_id: str, email: str, key_id: str) -> Member:
    """The person as a member of the key's organization. Raises `NotFound` for outsiders."""
    org_id = keys.organization_of(key_id)
    if org_id is None:
        raise NotFound
    return organizations.member(person_id, email, org_id, Permission.READ_KEYS)


def manageable(member: Member, key_id: str, *, lock: bool = True) -> ListedKey:
    """A key that this member may change. `lock`: keep it locked until the transaction ends. Raises `NotFound` and
    `Forbidden`."""
    found = (keys.locked if lock else keys.get)(member.org_id, key_id)
    if found is None:
        raise NotFound
    refuse_unmanageable(member, found)
    return found


def refuse_unmanageable(member: Member, listed: ListedKey) -> None:
    """Raises `Forbidden` if this member may not change the key."""
    if not member.may_manage(listed.key):
        raise Forbidden("Your role lets you change only the keys that belong to you. Ask an owner or admin.")


def refuse_to_set_owner(member: Member) -> None:
    """Raises `Forbidden` if this member may not decide whom a key belongs to."""
    if not member_roles.allows(member.role, Permission.MANAGE_ALL_KEYS):
        raise Forbidden("Your role does not let you decide whom a key belongs to. Ask an owner or admin.")


def checked(runtime: Runtime, settings: KeySettings, now: datetime) -> KeySettings:
    """The settings of a new key as they are stored. Raises `ValidationFailed` and `UnknownScope`."""
    return key_settings.checked(settings, now, runtime.settings.policy)


def refuse_ungrantable(runtime: Runtime, member: Member, scopes: Sequence[str]) -> None:
    """Raises `UnknownScope` for a scope that the policy no longer has, and `Forbidden` for one that this member may not
    give to a key, whatever the organization's policy says."""
    _refuse_ungrantable(runtime, member.role, scopes)


def _refuse_ungrantable(runtime: Runtime, role: Role, scopes: Sequence[str]) -> None:
    runtime.settings.policy.check_known(scopes)
    for scope in scopes:
        if runtime.settings.policy.is_operators_only(scope):
            raise Forbidden(f"Only your operator can give a key the scope {scope}, on the command line.")
        if not member_roles.may_grant(role, runtime.settings.policy.granted([scope])):
            raise Forbidden(
                f"Your role ({role.value}) does not allow you to give a key the scope {scope}. Ask an owner or admin."
            )


def refuse_second_submission(org_id: str, submission_id: str | None) -> None:
    """Raises `KeyAlreadyShown` if this form has created a key before. Two at the same time take turns."""
    if submission_id is not None:
        take_turns(f"submission:{org_id}:{submission_id}")
        made = keys.by_submission(org_id, submission_id)
        if made is not None:
            raise KeyAlreadyShown(key_id=made)


def issue(
    runtime: Runtime,
    org_id: str,
    settings: KeySettings,
    now: datetime,
    *,
    role: Role | None,
    origin: KeyOrigin,
    prefix: str | None = None,
    created_by: str | None = None,
    email: str | None = None,
    owner: Owner = THE_ORGANIZATION,
    submission_id: str | None = None,
    replaces: ApiKey | None = None,
    overrides_policy: bool = False,
) -> IssuedKey:
    """Makes and stores a key with settings that were checked, as the organization's policy has it. `role`: of whoever
    makes it; None: the operator, or nobody. `prefix` None: the prefix for its origin. A sign-up key is derived from its
    ID, any other is random. The bounds of the key that it replaces are its own, too; what an operator sets is a bound
    at once.

    Raises `OutsideKeyPolicy`, unless it is overridden, `UnknownScope` and `Forbidden`.
    """
    policy, catalogue = key_policy.locked(org_id), runtime.settings.policy
    overridden: Sequence[str] = ()
    if overrides_policy:
        settings = policies.obeyed(KeyPolicy(), settings, role, now, catalogue)
        overridden = tuple(policies.problems(policy, settings, role, now, catalogue))
    else:
        settings = policy.shortened(settings, now) if replaces else settings
        settings = policies.obeyed(policy, settings, role, now, catalogue)
    if role is not None:
        _refuse_ungrantable(runtime, role, settings["scopes"])
    key_id, prefix = new_id("key"), prefix or runtime.settings.prefix_of(origin)
    derived = origin is KeyOrigin.SIGN_UP
    minted = runtime.key_deriver.mint(prefix, key_id) if derived else key_format.mint(prefix)
    key = keys.add(
        key_id=key_id,
        org_id=org_id,
        digest=minted.digest,
        start=minted.start,
        last4=minted.last4,
        prefix=prefix,
        origin=origin.value,
        created_at=now,
        created_by=created_by,
        owner_id=owner.person_id,
        submission_id=submission_id,
        rotated_from=replaces.id if replaces else None,
        bounds=_bounds(settings, created_by, replaces),
        **cast(dict[str, Any], settings),
    )
    return IssuedKey(minted.plaintext, ListedKey(key, email, owner=owner.email), overridden)


def _bounds(settings: KeySettings, created_by: str | None, replaces: ApiKey | None) -> KeySettings:
    if replaces is not None:
        return replaces.bounds
    return {} if created_by else key_settings_ceiling.moved({}, settings)
