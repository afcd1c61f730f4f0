"""One key of an organization with its settings, and changing them, for signed-in members."""

from typing import Annotated

from flask import Blueprint

from app.api.json_responses import Answer, Data, data
from app.api.keys import KeyItem, RateAnswer, Settings, item, rate_answer
from app.domain.errors import Busy, KeyNotActive, UnknownScope
from app.domain.roles import Permission
from app.http import context
from app.http.api_fields import KeyName, Networks, WantedScopes, field
from app.http.body import read_json
from app.http.guards import RequireMember
from app.http.route_docs import RouteDocs
from app.services import key_settings, keys
from app.store.keys import ListedKey

blueprint = Blueprint("api_key_settings", __name__)


class Change(Settings):
    """What is absent stays as it is."""

    name: KeyName = ""
    scopes: WantedScopes = []


class DetailedKey(KeyItem):
    """A key with everything that is set for it."""

    rate_limit: Annotated[RateAnswer | None, field("Null: no limit.")]
    networks: Networks
    last_used_address: Annotated[str | None, field("From where; null: never used.", "203.0.113.7")]
    last_used_agent: Annotated[str | None, field("By what, as it said itself; null: never used.", "curl/8.5.0")]


@blueprint.get("/orgs/<org>/keys/<key>")
@RequireMember(Permission.READ_KEYS)
@RouteDocs()
def show(key: str) -> Answer[Data[DetailedKey]]:
    """Show a key

    With its rate limit, its networks, and from where and by what it was last used.
    """
    return data(_detailed(keys.get(context.member(), key)))


@blueprint.patch("/orgs/<org>/keys/<key>")
@RequireMember(Permission.MANAGE_OWN_KEYS)
@RouteDocs(
    body=Change,
    example={"rate_limit": {"requests": 100, "window_seconds": 60}, "networks": ["203.0.113.0/24"]},
    errors=(KeyNotActive, UnknownScope, Busy),
)
def change(key: str) -> Answer[Data[DetailedKey]]:
    """Change a key

    The fields that are given; null is no limit, or no expiry. The next verification goes by it.
    """
    wanted = read_json(Change).settings()
    return data(_detailed(key_settings.change(context.runtime(), context.member(), key, wanted)))


def _detailed(listed: ListedKey) -> DetailedKey:
    key, use = listed.key, listed.last_use
    return DetailedKey(
        **item(listed),
        rate_limit=rate_answer(key.rate_limit),
        networks=list(key.networks),
        last_used_address=use.address if use else None,
        last_used_agent=use.agent if use else None,
    )
