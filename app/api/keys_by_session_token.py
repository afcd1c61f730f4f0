"""`/v1/keys/…`: an agent manages its user's keys with a session token, or the user with the session cookie."""

from typing import Annotated

from flask import Blueprint
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Data, Listing, data, listing
from app.api.keys import KeyItem, NewKey, item
from app.domain.errors import (
    Busy,
    Forbidden,
    NotFound,
    RateLimited,
    TooManyKeys,
    UnknownScope,
)
from app.domain.key_origin import KeyOrigin
from app.domain.member_roles import Permission
from app.domain.rfc3339 import rfc3339
from app.http import request_context
from app.http.change_rate_limit import limit_changes
from app.http.field_types import Ending, KeyId, KeyName, OrgId, Scopes, Time, field
from app.http.guards import RequireKeyManager
from app.http.request_body import read_json, read_paging
from app.http.route_docs import RouteDocs
from app.services import key_revocation, keys, organizations
from app.services.organizations import Member
from app.store.keys import ListedKey

blueprint = Blueprint("api_agent_keys", __name__)


class NewAgentKey(NewKey):
    org_id: Annotated[
        str | None, field("The organization of the key. You can leave it out if you belong to only one.")
    ] = None


class AgentKey(TypedDict):
    key: Annotated[str, field("The key. Store it now: it is shown only once.", "owk_live_…")]
    id: KeyId
    name: KeyName
    scopes: Scopes
    expires_at: Ending
    created_at: Time


class AgentKeyItem(KeyItem):
    org_id: OrgId


@blueprint.post("/keys/create")
@RequireKeyManager()
@RouteDocs(
    status=201,
    body=NewAgentKey,
    example={"name": "Claude Code - MacBook Pro", "scopes": ["notes:read", "notes:write"]},
    errors=(UnknownScope, Forbidden, NotFound, TooManyKeys, RateLimited),
)
def create() -> Answer[Data[AgentKey]]:
    """Create a key

    `key` in the response is the key itself, shown only once. If you belong to several organizations, say which one in
    `org_id`.
    """
    body = read_json(NewAgentKey)
    issued = keys.create(
        request_context.runtime(),
        _member_of(body.org_id),
        body.new_settings(),
        origin=KeyOrigin.AGENT,
        of_organization=body.is_for_organization,
    )
    key = issued.listed.key
    return data(
        {
            "key": issued.plaintext.reveal(),
            "id": key.id,
            "name": key.name,
            "scopes": list(key.scopes),
            "expires_at": rfc3339(key.expires_at) if key.expires_at else None,
            "created_at": rfc3339(key.created_at),
        },
        201,
    )


@blueprint.get("/keys/list")
@RequireKeyManager()
@RouteDocs(paging=1000)
def index() -> Answer[Listing[AgentKeyItem]]:
    """List active keys

    The active keys of all your organizations, newest first.
    """
    limit, cursor = read_paging(default=1000)
    who = request_context.manager()
    return listing(keys.page_of_person(request_context.runtime(), who.person_id, limit=limit, cursor=cursor), _item)


@blueprint.post("/keys/<key>/revoke")
@RequireKeyManager()
@RouteDocs(errors=(NotFound, Forbidden, Busy, RateLimited))
@limit_changes
def revoke(key: str) -> Answer[Data[AgentKeyItem]]:
    """Revoke a key

    The key is refused from the next request on. Revoking a revoked key changes nothing.
    """
    who = request_context.manager()
    member = keys.member_for_key(who.person_id, who.email, key)
    return data(_item(key_revocation.revoke(request_context.runtime(), member, key)))


def _item(listed: ListedKey) -> AgentKeyItem:
    return {**item(listed), "org_id": listed.key.org_id}


def _member_of(org_id: str | None) -> Member:
    who = request_context.manager()
    if org_id is None:
        found = organizations.of_person(who.person_id)
        if len(found) != 1:
            raise organizations.missing_org_id(who.person_id)
        org_id = found[0].id
    return organizations.member(who.person_id, who.email, org_id, Permission.CREATE_KEYS)
