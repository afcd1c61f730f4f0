"""Keys of an organization, for its signed-in members."""

from typing import Annotated

from flask import Blueprint
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Data, Listing, data, listing
from app.domain import key_verification
from app.domain.errors import Busy, KeyNotActive, UnknownScope
from app.domain.key_rate_limit import RateLimit
from app.domain.roles import Permission
from app.domain.times import rfc3339
from app.http import context
from app.http.body import Body, read_json, read_paging
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
from app.http.route_docs import RouteDocs
from app.services import keys
from app.services.keys import MAX_OVERLAP_SECONDS, IssuedKey, KeyWish
from app.store.keys import ListedKey

blueprint = Blueprint("api_keys", __name__)


class Rate(Body):
    """At most so many requests in any so many seconds."""

    requests: RateRequests
    window_seconds: RateWindow

    def limit(self) -> RateLimit:
        return RateLimit(self.requests, self.window_seconds)


class NewKey(Body):
    name: KeyName
    scopes: WantedScopes | None = None
    expires_at: WantedEnd | None = None
    expires_in_days: WantedDays | None = None
    rate_limit: Annotated[Rate | None, field("Without it, as many requests as it likes.")] = None
    networks: Networks = []

    def wish(self) -> KeyWish:
        return KeyWish(
            self.name,
            self.scopes,
            self.expires_at,
            self.expires_in_days,
            rate_limit=self.rate_limit.limit() if self.rate_limit else None,
            networks=self.networks,
        )


class Rotation(Body):
    overlap_seconds: Annotated[
        int,
        field("How long the old key still works, in seconds.", 3600, minimum=0, maximum=MAX_OVERLAP_SECONDS),
    ] = 0


class RateAnswer(TypedDict):
    """At most so many requests in any so many seconds."""

    requests: RateRequests
    window_seconds: RateWindow


class KeyItem(TypedDict):
    """A key as every list shows it."""

    id: KeyId
    name: KeyName
    scopes: Scopes
    start: Annotated[str, field("Prefix and eight characters, to know it by.", "whk_90e4b318")]
    last4: Annotated[str, field("Its last four characters.", "EkBD")]
    created_at: Time
    created_by: Annotated[str | None, field("Who made it; null: an operator.", "you@example.com")]
    expires_at: Ending
    last_used_at: Annotated[str | None, field("Null: never.", "2026-04-16T12:15:00Z", format="date-time")]
    revoked_at: Annotated[str | None, field("Null: not revoked.", format="date-time")]
    status: Annotated[key_verification.Status, field("`expiring`: seven days or less to go.", "active")]


class CreatedKey(KeyItem):
    key: Annotated[str, field("The key itself. Keep it: it is not shown again.", "whk_…")]


@blueprint.get("/orgs/<org>/keys")
@RequireMember(Permission.READ_KEYS)
@RouteDocs(paging=1000)
def index() -> Answer[Listing[KeyItem]]:
    """List keys of an organization

    All of them, newest first; revoked and expired ones too.
    """
    limit, cursor = read_paging(default=1000)
    return listing(keys.page(context.member(), limit=limit, cursor=cursor), item)


@blueprint.post("/orgs/<org>/keys")
@RequireMember(Permission.CREATE_KEYS)
@RouteDocs(
    status=201,
    body=NewKey,
    example={"name": "GitHub Action prod", "scopes": ["cache:invalidate"]},
    errors=(UnknownScope,),
)
def create() -> Answer[Data[CreatedKey]]:
    """Create a key

    `key` is its plaintext, shown this once.
    """
    wish = read_json(NewKey).wish()
    return data(_with_plaintext(keys.create(context.runtime(), context.member(), wish)), 201)


@blueprint.post("/orgs/<org>/keys/<key>/revoke")
@RequireMember(Permission.MANAGE_OWN_KEYS)
@RouteDocs(errors=(Busy,))
def revoke(key: str) -> Answer[Data[KeyItem]]:
    """Revoke a key

    It is refused from the next request on. Revoking again changes nothing.
    """
    return data(item(keys.revoke(context.runtime(), context.member(), key)))


@blueprint.post("/orgs/<org>/keys/<key>/rotate")
@RequireMember(Permission.MANAGE_OWN_KEYS)
@RouteDocs(status=201, body=Rotation, example={"overlap_seconds": 3600}, errors=(Busy, KeyNotActive, UnknownScope))
def rotate(key: str) -> Answer[Data[CreatedKey]]:
    """Rotate a key

    Makes a successor with the same name, scopes and expiry, and shows it this once. The old key dies after
    `overlap_seconds`, and never later than it would have.
    """
    overlap = read_json(Rotation, optional=True).overlap_seconds
    issued = keys.rotate(context.runtime(), context.member(), key, overlap_seconds=overlap)
    return data(_with_plaintext(issued), 201)


def item(listed: ListedKey) -> KeyItem:
    """A key as every list shows it."""
    key = listed.key
    now = context.runtime().clock()
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "start": key.start,
        "last4": key.last4,
        "created_at": rfc3339(key.created_at),
        "created_by": listed.created_by,
        "expires_at": rfc3339(key.expires_at) if key.expires_at else None,
        "last_used_at": rfc3339(listed.last_use.at) if listed.last_use else None,
        "revoked_at": rfc3339(key.revoked_at) if key.revoked_at else None,
        "status": key_verification.status(expires_at=key.expires_at, revoked_at=key.revoked_at, now=now),
    }


def rate_answer(limit: RateLimit | None) -> RateAnswer | None:
    return RateAnswer(requests=limit.requests, window_seconds=limit.window_seconds) if limit else None


def _with_plaintext(issued: IssuedKey) -> CreatedKey:
    return {**item(issued.listed), "key": issued.plaintext}
