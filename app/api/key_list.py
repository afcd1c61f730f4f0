"""`GET /v1/orgs/{org}/keys`: members list the keys of an organization."""

from collections.abc import Sequence
from typing import cast, get_args

from flask import Blueprint, request

from app.api.json_responses import Answer, Listing, listing
from app.api.keys import KeyItem, item
from app.domain import key_status
from app.domain.errors import ValidationFailed
from app.domain.member_roles import Permission
from app.domain.paging import Page
from app.http import request_context
from app.http.guards import RequireMember
from app.http.request_body import read_paging
from app.http.route_docs import RouteDocs
from app.services import key_list
from app.services.key_list import SORTS, KeyFilter

blueprint = Blueprint("api_key_list", __name__)

MAX_WORDS = 200
STATUSES = get_args(key_status.Status)
#: Parameters that ask for a condition with `true`.
FLAGS = ("failing", "unused", key_list.OUTSIDE_POLICY)


@blueprint.get("/orgs/<org>/keys")
@RequireMember(Permission.READ_KEYS)
@RouteDocs(
    paging=1000,
    query={
        "q": "Only keys with these words in their name, or that begin so, or with this ID. Never send a key here.",
        "status": f"Only keys with this status: {', '.join(STATUSES)}.",
        "scope": "Only keys with exactly this scope.",
        "created_by": "Only keys that this person created: their ID or email address.",
        "owner": "Only keys that belong to this person: their ID or email address. `organization`: only keys that"
        " belong to no person.",
        "failing": "`true`: only keys that were refused in the last 24 hours, and not let through in them.",
        "unused": "`true`: only keys that are older than 90 days, and were not let through in them.",
        "outside_policy": "`true`: only working keys that are outside of the organization's policy for its keys.",
        "sort": "`created` (newest first, if left out), `name`, `expires` (first to expire) or `used` (last used).",
    },
)
def index() -> Answer[Listing[KeyItem]]:
    """List keys of an organization

    All keys, including revoked and expired ones, unless asked for some of them.
    """
    limit, cursor = read_paging(default=1000)
    wanted, sort = _wanted(), _one_of("sort", tuple(SORTS)) or "created"
    runtime, member = request_context.runtime(), request_context.member()
    page = key_list.page(runtime, member, wanted, sort=sort, limit=limit, cursor=cursor)
    return listing(Page(page.items, page.older), item)


def _wanted() -> KeyFilter:
    """Raises `ValidationFailed` naming the parameter."""
    member, creator, owner = request_context.member(), request.args.get("created_by"), request.args.get("owner")
    return KeyFilter(
        words=_words(),
        conditions=tuple(name for name in FLAGS if _one_of(name, ("true",))),
        scope=request.args.get("scope"),
        creator=None if creator is None else key_list.creator_named(member, creator),
        owner=None if owner is None else key_list.owner_named(member, owner),
        status=cast(key_status.Status | None, _one_of("status", STATUSES)),
    )


def _words() -> str:
    words = request.args.get("q", "")
    if words and key_list.pasted_key(request_context.runtime(), request_context.member(), words):
        raise ValidationFailed({"q": "is a key, which does not belong in an address; search for how it begins"})
    if len(words) > MAX_WORDS:
        raise ValidationFailed({"q": f"has {len(words)} characters; the maximum is {MAX_WORDS}"})
    return words


def _one_of(name: str, values: Sequence[str]) -> str | None:
    value = request.args.get(name)
    if value is not None and value not in values:
        *others, last = values
        wanted = f"{', '.join(others)} or {last}" if others else last
        raise ValidationFailed({name: f"must be {wanted}, or left out"})
    return value
