"""`/v1/orgs/{org}/keys`: signed-in members list, create, revoke and rotate the keys of an organization."""

from typing import Annotated, cast

from flask import Blueprint
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Data, data
from app.domain import key_status
from app.domain.errors import (
    Busy,
    KeyNotActive,
    NotUndoable,
    RateLimited,
    TooManyKeys,
    UnknownScope,
    ValidationFailed,
)
from app.domain.key_rate_limit import RateLimit
from app.domain.key_settings import KeySettings, checked, expiry_in
from app.domain.member_roles import Permission
from app.domain.rfc3339 import rfc3339
from app.http import request_context
from app.http.change_rate_limit import limit_changes
from app.http.field_types import (
    Ending,
    KeyId,
    KeyName,
    Networks,
    RateRequests,
    RateWindow,
    Scopes,
    Time,
    WantedDays,
    WantedEnd,
    WantedScopes,
    field,
)
from app.http.guards import RequireMember
from app.http.request_body import Body, read_json
from app.http.route_docs import RouteDocs
from app.services import key_revocation, key_rotation, key_suspension, keys, rotation_overlap
from app.services.key_rotation import MAX_OVERLAP_SECONDS, MIN_IDLE_SECONDS
from app.services.keys import IssuedKey
from app.store.keys import ListedKey

blueprint = Blueprint("api_keys", __name__)


class Rate(Body):
    """A rate limit: at most `requests` requests in any `window_seconds` seconds."""

    requests: RateRequests
    window_seconds: RateWindow

    def limit(self) -> RateLimit:
        return RateLimit(self.requests, self.window_seconds)


class KeySettingsBody(Body):
    """The settings of a new or changed key. The defaults here are never read: `settings` takes only what was sent."""

    rate_limit: Annotated[Rate | None, field("The rate limit. Null: no limit.")] = None
    networks: Networks = []
    expires_at: Annotated[WantedEnd | None, field("When the key expires. Null: never.")] = None

    def settings(self) -> KeySettings:
        """The settings that the request contains."""
        sent = {name: getattr(self, name) for name in self.model_fields_set & KeySettings.__annotations__.keys()}
        if self.rate_limit is not None:
            sent["rate_limit"] = self.rate_limit.limit()
        return cast(KeySettings, sent)


class NewKey(KeySettingsBody):
    name: KeyName
    scopes: WantedScopes | None = None
    expires_in_days: WantedDays | None = None
    owner: Annotated[
        None, field("Null: the key belongs to the organization. Left out: to you. Owners and admins can set it.")
    ] = None

    @property
    def is_for_organization(self) -> bool:
        return "owner" in self.model_fields_set

    def new_settings(self) -> KeySettings:
        """Raises `ValidationFailed` and `UnknownScope`."""
        runtime = request_context.runtime()
        problems: dict[str, str] = {}
        sent = self.settings()
        if self.scopes is None:
            sent.pop("scopes", None)
        if self.expires_in_days is not None and self.expires_at is not None:
            problems["expires_in_days"] = "cannot be combined with expires_at; send only one of them"
        elif self.expires_in_days is not None:
            try:
                sent["expires_at"] = expiry_in(self.expires_in_days, runtime.clock())
            except ValidationFailed as error:
                problems |= error.fields
        return checked(sent, runtime.clock(), runtime.settings.policy, problems)


class Rotation(Body):
    overlap_seconds: Annotated[
        int,
        field(
            "How long the old key keeps working, in seconds. Left out: 0.", 3600, minimum=0, maximum=MAX_OVERLAP_SECONDS
        ),
    ] = 0
    idle_seconds: Annotated[
        int | None,
        field(
            "The old key stops sooner, once no request with it was let through for this many seconds. Null: it does"
            " not.",
            86_400,
            minimum=MIN_IDLE_SECONDS,
            maximum=MAX_OVERLAP_SECONDS,
        ),
    ] = None


class Revoke(Body):
    leaked: Annotated[bool, field("Whether somebody else has the key. Then the revoke cannot be undone.", False)] = (
        False
    )


class RateAnswer(TypedDict):
    """A rate limit: at most `requests` requests in any `window_seconds` seconds."""

    requests: RateRequests
    window_seconds: RateWindow


class KeyItem(TypedDict):
    """A key with its settings."""

    id: KeyId
    name: KeyName
    scopes: Scopes
    start: Annotated[str, field("The prefix and the next eight characters of the key.", "whk_90e4b318")]
    last4: Annotated[str, field("The last four characters of the key.", "EkBD")]
    created_at: Time
    created_by: Annotated[str | None, field("The email address of its creator. Null: an operator.", "you@example.com")]
    expires_at: Ending
    last_used_at: Annotated[
        str | None, field("When the key was last used. Null: never.", "2026-04-16T12:15:00Z", format="date-time")
    ]
    revoked_at: Annotated[str | None, field("When the key was revoked. Null: not revoked.", format="date-time")]
    status: Annotated[key_status.Status, field("`expiring`: active, and expires within seven days.", "active")]
    rate_limit: Annotated[RateAnswer | None, field("The rate limit. Null: no limit.")]
    networks: Networks


class CreatedKey(KeyItem):
    key: Annotated[str, field("The key. Store it now: it is shown only once.", "whk_…")]


@blueprint.post("/orgs/<org>/keys")
@RequireMember(Permission.CREATE_KEYS)
@RouteDocs(
    status=201,
    body=NewKey,
    example={"name": "GitHub Action prod", "scopes": ["cache:invalidate"]},
    errors=(UnknownScope, TooManyKeys, RateLimited),
)
def create() -> Answer[Data[CreatedKey]]:
    """Create a key

    `key` in the response is the key itself, shown only once. Without an expiry, it gets the one of the organization's
    policy for its keys, if that has one.
    """
    runtime, member, body = request_context.runtime(), request_context.member(), read_json(NewKey)
    issued = keys.create(runtime, member, body.new_settings(), of_organization=body.is_for_organization)
    return data(created_key(issued), 201)


@blueprint.post("/orgs/<org>/keys/<key>/revoke")
@RequireMember(Permission.MANAGE_OWN_KEYS)
@RouteDocs(body=Revoke, example={"leaked": True}, errors=(Busy, RateLimited))
@limit_changes
def revoke(key: str) -> Answer[Data[KeyItem]]:
    """Revoke a key

    The key is refused from the next request on. Revoking a revoked key changes nothing, except that with `leaked` the
    revoke can no longer be undone.
    """
    leaked = read_json(Revoke, optional=True).leaked
    return data(item(key_revocation.revoke(request_context.runtime(), request_context.member(), key, leaked=leaked)))


@blueprint.post("/orgs/<org>/keys/<key>/undo-revoke")
@RequireMember(Permission.MANAGE_OWN_KEYS)
@RouteDocs(errors=(Busy, NotUndoable, RateLimited))
@limit_changes
def undo_revoke(key: str) -> Answer[Data[KeyItem]]:
    """Undo a revoke

    For 60 minutes from the first revoke, by whoever revoked the key or by an owner or admin. What leaked, was rotated,
    or was revoked by Keydesk or an operator is not undone.
    """
    return data(item(key_revocation.undo(request_context.runtime(), request_context.member(), key)))


@blueprint.post("/orgs/<org>/keys/<key>/suspend")
@RequireMember(Permission.MANAGE_OWN_KEYS)
@RouteDocs(errors=(Busy, KeyNotActive, RateLimited))
@limit_changes
def suspend(key: str) -> Answer[Data[KeyItem]]:
    """Suspend a key

    The key is refused with `KEY_DISABLED` from the next request on, until it is resumed.
    """
    return data(item(key_suspension.suspend(request_context.runtime(), request_context.member(), key)))


@blueprint.post("/orgs/<org>/keys/<key>/resume")
@RequireMember(Permission.MANAGE_OWN_KEYS)
@RouteDocs(errors=(Busy, KeyNotActive, UnknownScope, RateLimited))
@limit_changes
def resume(key: str) -> Answer[Data[KeyItem]]:
    """Resume a suspended key

    By whoever suspended it, or by an owner or admin.
    """
    return data(item(key_suspension.resume(request_context.runtime(), request_context.member(), key)))


@blueprint.post("/orgs/<org>/keys/<key>/rotate")
@RequireMember(Permission.MANAGE_OWN_KEYS)
@RouteDocs(
    status=201,
    body=Rotation,
    example={"overlap_seconds": 3600},
    errors=(Busy, KeyNotActive, UnknownScope, TooManyKeys, RateLimited),
)
@limit_changes
def rotate(key: str) -> Answer[Data[CreatedKey]]:
    """Rotate a key

    Creates a new key with the same name, scopes, limits and expiry, or with an earlier expiry if the organization's
    policy for its keys asks for one. `key` in the response is the new key, shown only once. The old key stops working
    after `overlap_seconds`, or when it expires if that is earlier. With `idle_seconds` it stops as soon as nobody has
    used it for so long.
    """
    wanted = read_json(Rotation, optional=True)
    issued = key_rotation.rotate(
        request_context.runtime(),
        request_context.member(),
        key,
        overlap_seconds=wanted.overlap_seconds,
        idle_seconds=wanted.idle_seconds,
    )
    return data(created_key(issued), 201)


@blueprint.post("/orgs/<org>/keys/<key>/extend")
@RequireMember(Permission.MANAGE_OWN_KEYS)
@RouteDocs(errors=(Busy, KeyNotActive, UnknownScope, RateLimited))
@limit_changes
def extend(key: str) -> Answer[Data[KeyItem]]:
    """Extend a rotated key by a day

    For a key whose overlap has not ended. It never works longer than it would have without the rotation, nor longer
    than 30 days after it.
    """
    return data(item(rotation_overlap.extend(request_context.runtime(), request_context.member(), key)))


def item(listed: ListedKey) -> KeyItem:
    """A key with its settings."""
    key = listed.key
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "start": key.start,
        "last4": key.last4,
        "created_at": rfc3339(key.created_at),
        "created_by": listed.created_by,
        "expires_at": rfc3339(key.expires_at) if key.expires_at else None,
        "last_used_at": rfc3339(listed.last_let_through) if listed.last_let_through else None,
        "revoked_at": rfc3339(key.revoked_at) if key.revoked_at else None,
        "status": key_status.status(key, request_context.runtime().clock()),
        "rate_limit": rate_answer(key.rate_limit),
        "networks": list(key.networks),
    }


def rate_answer(limit: RateLimit | None) -> RateAnswer | None:
    return RateAnswer(requests=limit.requests, window_seconds=limit.window_seconds) if limit else None


def created_key(issued: IssuedKey) -> CreatedKey:
    return {**item(issued.listed), "key": issued.plaintext.reveal()}
