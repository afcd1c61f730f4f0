"""One key of an organization with its settings, and changing them, for signed-in members."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint

from app.api.answers import Answer, data
from app.api.api_keys import Rate, item
from app.domain.roles import Permission
from app.http import context
from app.http.body import Body, Moment, read_json
from app.http.guards import Member
from app.services import api_keys, key_settings
from app.services.key_settings import KeyChange
from app.store.api_keys import ListedKey

blueprint = Blueprint("api_key_settings", __name__)


class Change(Body):
    """What is absent stays as it is; the defaults here are never read."""

    name: str = ""
    scopes: list[str] = []
    rate_limit: Rate | None = None
    networks: list[str] = []
    expires_at: Moment | None = None

    def wanted(self) -> KeyChange:
        given = {field: getattr(self, field) for field in self.model_fields_set}
        if self.rate_limit is not None:
            given["rate_limit"] = self.rate_limit.limit()
        return KeyChange(**given)


@blueprint.get("/orgs/<org>/keys/<key>")
@Member(Permission.READ_KEYS)
def show(key: str) -> Answer:
    """The key with its rate limit, its networks, and from where and by what it was last used."""
    return data(_detailed(api_keys.get(context.member(), key)))


@blueprint.patch("/orgs/<org>/keys/<key>")
@Member(Permission.MANAGE_OWN_KEYS)
def change(key: str) -> Answer:
    """Changes the fields that are given; null is no limit, or no expiry. The next verification goes by it."""
    wanted = read_json(Change).wanted()
    return data(_detailed(key_settings.change(context.desk(), context.member(), key, wanted)))


def _detailed(listed: ListedKey) -> dict[str, Any]:
    key = listed.key
    return item(listed) | {
        "rate_limit": asdict(key.rate_limit) if key.rate_limit else None,
        "networks": list(key.networks),
        "last_used_address": key.last_used_address,
        "last_used_agent": key.last_used_agent,
    }
