"""`/v1/orgs/{org}/keys/{key}`: a signed-in member shows a key with its settings, or changes them."""

from typing import Annotated

from flask import Blueprint

from app.api.json_responses import Answer, Data, data
from app.api.keys import KeyItem, KeySettingsBody, item
from app.domain.errors import Busy, KeyNotActive, RateLimited, UnknownScope
from app.domain.member_roles import Permission
from app.http import request_context
from app.http.change_rate_limit import limit_changes
from app.http.field_types import KeyName, WantedScopes, field
from app.http.guards import RequireMember
from app.http.request_body import read_json
from app.http.route_docs import RouteDocs
from app.services import key_settings, keys
from app.services.key_settings import ForOwner
from app.store.keys import ListedKey

blueprint = Blueprint("api_key_settings", __name__)


class Change(KeySettingsBody):
    """Fields you leave out keep their value."""

    name: KeyName = ""
    scopes: WantedScopes = []
    owner: Annotated[
        str | None,
        field(
            "The email address of the member whom the key shall belong to. Null: the organization."
            " Owners and admins can set it.",
            "you@example.com",
        ),
    ] = None

    def to(self) -> ForOwner | None:
        """None: it is left out."""
        return ForOwner(self.owner) if "owner" in self.model_fields_set else None


class DetailedKey(KeyItem):
    """A key with its settings, its owner and its last use."""

    owner: Annotated[
        str | None,
        field("The email address of the person whom it belongs to. Null: the organization.", "you@example.com"),
    ]
    last_used_address: Annotated[
        str | None, field("The IP address that last used the key. Null: never used.", "203.0.113.7")
    ]
    last_used_agent: Annotated[
        str | None, field("The `User-Agent` that last used the key. Null: never used.", "curl/8.5.0")
    ]


@blueprint.get("/orgs/<org>/keys/<key>")
@RequireMember(Permission.READ_KEYS)
@RouteDocs()
def show(key: str) -> Answer[Data[DetailedKey]]:
    """Get a key

    Includes its rate limit, its networks, whom it belongs to, and the IP address and client that last used it.
    """
    return data(_detailed(keys.get(request_context.member(), key)))


@blueprint.patch("/orgs/<org>/keys/<key>")
@RequireMember(Permission.MANAGE_OWN_KEYS)
@RouteDocs(
    body=Change,
    example={"rate_limit": {"requests": 100, "window_seconds": 60}, "networks": ["203.0.113.0/24"]},
    errors=(KeyNotActive, UnknownScope, Busy, RateLimited),
)
@limit_changes
def change(key: str) -> Answer[Data[DetailedKey]]:
    """Change a key

    Fields you leave out keep their value. Null removes the rate limit or the expiry. Changes apply from the next
    verification.
    """
    runtime, member, body = request_context.runtime(), request_context.member(), read_json(Change)
    return data(_detailed(key_settings.change(runtime, member, key, body.settings(), to=body.to())))


def _detailed(listed: ListedKey) -> DetailedKey:
    use = listed.last_use
    return DetailedKey(
        **item(listed),
        owner=listed.owner,
        last_used_address=use.address if use else None,
        last_used_agent=use.agent if use else None,
    )
