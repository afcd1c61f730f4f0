"""Keys of an organization, for its signed-in members."""

from typing import Any

from flask import Blueprint

from app.api.answers import Answer, data, listing
from app.domain import verification
from app.domain.rate_limit import RateLimit
from app.domain.roles import Permission
from app.domain.times import rfc3339
from app.http import context
from app.http.body import Body, Moment, read_json, read_paging
from app.http.guards import Member
from app.services import api_keys
from app.services.api_keys import IssuedKey, KeyWish
from app.store.api_keys import ListedKey

blueprint = Blueprint("api_keys", __name__)


class Rate(Body):
    """At most so many requests in any so many seconds."""

    requests: int
    window_seconds: int

    def limit(self) -> RateLimit:
        return RateLimit(self.requests, self.window_seconds)


class NewKey(Body):
    name: str
    scopes: list[str] | None = None
    expires_at: Moment | None = None
    expires_in_days: int | None = None
    rate_limit: Rate | None = None
    networks: list[str] = []

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
    overlap_seconds: int = 0


@blueprint.get("/orgs/<org>/keys")
@Member(Permission.READ_KEYS)
def index() -> Answer:
    """All keys of the organization, newest first."""
    limit, cursor = read_paging(default=1000)
    return listing(api_keys.page(context.member(), limit=limit, cursor=cursor), item)


@blueprint.post("/orgs/<org>/keys")
@Member(Permission.CREATE_KEYS)
def create() -> Answer:
    """A new key; `key` is its plaintext, once."""
    wish = read_json(NewKey).wish()
    return data(_with_plaintext(api_keys.create(context.desk(), context.member(), wish)), 201)


@blueprint.post("/orgs/<org>/keys/<key>/revoke")
@Member(Permission.MANAGE_OWN_KEYS)
def revoke(key: str) -> Answer:
    """Ends the key at once. Revoking again changes nothing."""
    return data(item(api_keys.revoke(context.desk(), context.member(), key)))


@blueprint.post("/orgs/<org>/keys/<key>/rotate")
@Member(Permission.MANAGE_OWN_KEYS)
def rotate(key: str) -> Answer:
    """A successor; the old key dies after `overlap_seconds`."""
    overlap = read_json(Rotation, optional=True).overlap_seconds
    issued = api_keys.rotate(context.desk(), context.member(), key, overlap_seconds=overlap)
    return data(_with_plaintext(issued), 201)


def item(listed: ListedKey) -> dict[str, Any]:
    """A key as every list shows it."""
    key = listed.key
    now = context.desk().clock()
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "start": key.start,
        "last4": key.last4,
        "created_at": rfc3339(key.created_at),
        "created_by": listed.created_by,
        "expires_at": rfc3339(key.expires_at) if key.expires_at else None,
        "last_used_at": rfc3339(key.last_used_at) if key.last_used_at else None,
        "revoked_at": rfc3339(key.revoked_at) if key.revoked_at else None,
        "status": verification.status(expires_at=key.expires_at, revoked_at=key.revoked_at, now=now),
    }


def _with_plaintext(issued: IssuedKey) -> dict[str, Any]:
    return item(issued.listed) | {"key": issued.plaintext}
