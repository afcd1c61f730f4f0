"""Door B: keys of a person's organizations, by session token or session cookie."""

from typing import Any

from flask import Blueprint

from app.api.answers import Answer, data, listing
from app.api.api_keys import NewKey, item
from app.domain.doors import Door
from app.domain.errors import ValidationFailed
from app.domain.roles import Permission
from app.domain.times import rfc3339
from app.http import context
from app.http.body import read_json, read_paging
from app.http.guards import KeyManager
from app.services import api_keys, organizations
from app.services.organizations import Member
from app.store.api_keys import ListedKey

blueprint = Blueprint("api_agent_keys", __name__)


class NewAgentKey(NewKey):
    org_id: str | None = None


@blueprint.post("/keys/create")
@KeyManager()
def create() -> Answer:
    """A new key; `key` is its plaintext, once. Without `org_id` in the caller's only organization."""
    body = read_json(NewAgentKey)
    issued = api_keys.create(context.desk(), _member_of(body.org_id), body.wish(), door=Door.AGENT)
    key = issued.listed.key
    return data(
        {
            "key": issued.plaintext,
            "id": key.id,
            "name": key.name,
            "scopes": list(key.scopes),
            "expires_at": rfc3339(key.expires_at) if key.expires_at else None,
            "created_at": rfc3339(key.created_at),
        },
        201,
    )


@blueprint.get("/keys/list")
@KeyManager()
def index() -> Answer:
    """Working keys of all the caller's organizations, newest first."""
    limit, cursor = read_paging(default=1000)
    who = context.manager()
    return listing(api_keys.page_of_person(context.desk(), who.person_id, limit=limit, cursor=cursor), _item)


@blueprint.post("/keys/<key>/revoke")
@KeyManager()
def revoke(key: str) -> Answer:
    """Ends the key at once. Revoking again changes nothing."""
    who = context.manager()
    member = api_keys.member_for_key(who.person_id, who.email, key)
    return data(_item(api_keys.revoke(context.desk(), member, key)))


def _item(listed: ListedKey) -> dict[str, Any]:
    return item(listed) | {"org_id": listed.key.org_id}


def _member_of(org_id: str | None) -> Member:
    who = context.manager()
    if org_id is None:
        found = organizations.of_person(who.person_id)
        if len(found) != 1:
            raise ValidationFailed(
                {"org_id": "say in which of your organizations"},
                organizations=[{"id": organization.id, "name": organization.name} for organization in found],
            )
        org_id = found[0].id
    return organizations.member(who.person_id, who.email, org_id, Permission.CREATE_KEYS)
