"""`/v1/orgs/{org}/members`: signed-in members list each other, change roles, remove others, and leave."""

from typing import Annotated, Literal, cast

from flask import Blueprint
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Data, Listing, data, listing
from app.api.keys import CreatedKey, created_key
from app.domain.errors import (
    Busy,
    KeyNotActive,
    KeysUndecided,
    LastOwner,
    RateLimited,
    TooManyKeys,
    UnknownScope,
)
from app.domain.member_roles import Permission, Role
from app.domain.paging import Page
from app.http import request_context
from app.http.change_rate_limit import limit_changes
from app.http.field_types import Email, KeyId, PersonId, Time, field
from app.http.guards import RequireMember
from app.http.request_body import Body, read_json
from app.http.route_docs import RouteDocs
from app.services import member_removal, members
from app.services.key_rotation import MAX_OVERLAP_SECONDS
from app.services.member_removal import OVERLAP_SECONDS, Decisions, KeyAction, KeyDecision
from app.store.members import MemberListed

blueprint = Blueprint("api_members", __name__)


class MemberItem(TypedDict):
    id: PersonId
    email: Email
    role: Annotated[Role, field("Their role in the organization.", "member")]
    since: Time
    last_seen: Annotated[
        str | None,
        field("When a session of theirs was last used. Null: not lately.", "2026-04-16T12:15:00Z", format="date-time"),
    ]
    keys: Annotated[int, field("How many working keys of the organization they created.", 3)]
    disabled: Annotated[bool, field("Whether the operator has disabled them: they cannot sign in.", False)]


class NewRole(Body):
    role: Annotated[Role, field("Their new role.", "viewer")]
    keys: Annotated[
        Literal["keep", "revoke"] | None,
        field(
            "What happens to their working keys that they could not create in the new role. Required if there are any.",
            "keep",
        ),
    ] = None


class Decided(Body):
    action: Annotated[KeyAction, field("What happens to the key.", "hand_over")]
    owner: Annotated[
        str | None,
        field(
            "The email address of the member whom the key, or its successor, will belong to. Null: the organization.",
            "you@example.com",
        ),
    ] = None

    def decision(self) -> KeyDecision:
        return KeyDecision(self.action, self.owner)


class DecidedKey(Decided):
    id: KeyId


class Removal(Body):
    keys: Annotated[list[DecidedKey], field("What happens to these keys.")] = []
    others: Annotated[
        Decided | None, field("What happens to keys that `keys` does not name. Null: there are none.")
    ] = None
    overlap_seconds: Annotated[
        int,
        field(
            "How long keys that are rotated keep working, in seconds.",
            OVERLAP_SECONDS,
            minimum=0,
            maximum=MAX_OVERLAP_SECONDS,
        ),
    ] = OVERLAP_SECONDS

    def decisions(self) -> Decisions:
        others = self.others.decision() if self.others else None
        return Decisions({key.id: key.decision() for key in self.keys}, others, self.overlap_seconds)


class RemovedMember(TypedDict):
    id: PersonId
    email: Email
    successors: Annotated[list[CreatedKey], field("The successors of the keys that were rotated.")]


@blueprint.get("/orgs/<org>/members")
@RequireMember(Permission.READ_KEYS)
@RouteDocs()
def index() -> Answer[Listing[MemberItem]]:
    """List members

    All members of the organization, in the order of joining.
    """
    found = members.everybody(request_context.runtime(), request_context.member())
    return listing(Page(found, None), _item)


@blueprint.get("/orgs/<org>/members/<person>")
@RequireMember(Permission.READ_KEYS)
@RouteDocs()
def show(person: str) -> Answer[Data[MemberItem]]:
    """Get a member

    Their role, since when they are a member, and how many working keys they created.
    """
    return data(_item(members.get(request_context.runtime(), request_context.member(), person)))


@blueprint.patch("/orgs/<org>/members/<person>")
@RequireMember(Permission.MANAGE_MEMBERS)
@RouteDocs(
    body=NewRole, example={"role": "viewer", "keys": "keep"}, errors=(KeysUndecided, LastOwner, Busy, RateLimited)
)
@limit_changes
def set_role(person: str) -> Answer[Data[MemberItem]]:
    """Change a member's role

    Nobody gives a role above their own, only owners change owners, and the last owner stays one. If the member has
    working keys that they could not create in the new role, `keys` must say what happens to them.
    """
    body, runtime, member = read_json(NewRole), request_context.runtime(), request_context.member()
    revoke = None if body.keys is None else body.keys == "revoke"
    return data(_item(members.set_role(runtime, member, person, body.role, revoke_keys=revoke)))


@blueprint.delete("/orgs/<org>/members/<person>")
@RequireMember(Permission.READ_KEYS)
@RouteDocs(
    body=Removal,
    example={"others": {"action": "hand_over", "owner": None}},
    errors=(KeysUndecided, LastOwner, KeyNotActive, UnknownScope, TooManyKeys, Busy, RateLimited),
)
@limit_changes
def remove(person: str) -> Answer[Data[RemovedMember]]:
    """Remove a member

    Owners and admins remove others, and everybody can leave with their own ID. The working keys that belong to the
    member go on without them, so the request must say what happens to each: `hand_over` gives it to somebody else, who
    cannot keep the member from using it; `rotate` also replaces it by a successor, shown only once; `revoke` ends it.
    Who leaves cannot rotate keys, and hands them over to an owner or the organization.
    """
    decisions = read_json(Removal, optional=True).decisions()
    done = member_removal.remove(request_context.runtime(), request_context.member(), person, decisions)
    successors = [created_key(replaced.successor) for replaced in done.replaced]
    return data({"id": person, "email": done.email, "successors": successors})


def _item(found: MemberListed) -> MemberItem:
    return cast(MemberItem, members.to_json(found))
