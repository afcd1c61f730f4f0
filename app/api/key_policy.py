"""`/v1/orgs/{org}/key-policy`: what an organization allows its keys."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, cast

from flask import Blueprint
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Data, data
from app.domain import key_policy as policies
from app.domain.errors import RateLimited
from app.domain.key_policy import KeyPolicy, KeyPolicyChange
from app.domain.key_settings import MAX_DAYS
from app.domain.member_roles import Permission, Role
from app.http import request_context
from app.http.change_rate_limit import limit_changes
from app.http.field_types import Scope, field
from app.http.guards import RequireMember
from app.http.request_body import Body, read_json
from app.http.route_docs import RouteDocs
from app.services import key_policy

blueprint = Blueprint("api_key_policy", __name__)

DefaultDays = Annotated[
    int | None,
    field(
        "Days until a key expires for which nobody chooses an expiry. Null: it does not expire, unless keys have to.",
        30,
    ),
]
LongestDays = Annotated[
    int | None,
    field("The longest life of a key, in days. Keys then have to expire. Null: as long as any key can live.", 90),
]
Required = Annotated[bool, field("Whether every key has to expire.", False)]
#: A scope that the deployment no longer has stays in the list, and lets nobody give anything.
Given = Annotated[
    list[str] | None,
    field(
        "The scopes that this role may give, and those that they include. Null: all that the role may give.",
        ["agent:r"],
    ),
]
WantedGiven = Annotated[list[Scope] | None, field("Null: all that the role may give.", ["agent:r"])]
WantedDays = Annotated[int | None, field("From 1 to 3,650 days. Null: none.", 90, minimum=1, maximum=MAX_DAYS)]


class ScopesByRole(TypedDict):
    """The scopes that each role may give to a key. Viewers create no keys."""

    owner: Given
    admin: Given
    member: Given


class KeyPolicyAnswer(TypedDict):
    """What an organization allows its keys."""

    default_expiry_days: DefaultDays
    longest_expiry_days: LongestDays
    expiry_required: Required
    scopes_by_role: ScopesByRole


class WantedScopesByRole(Body):
    """Roles you leave out keep their scopes."""

    owner: WantedGiven = None
    admin: WantedGiven = None
    member: WantedGiven = None


class KeyPolicyBody(Body):
    """Fields you leave out keep their value. The defaults here are never read."""

    default_expiry_days: WantedDays = None
    longest_expiry_days: WantedDays = None
    expiry_required: Required = False
    scopes_by_role: Annotated[
        WantedScopesByRole,
        field("The scopes that each role may give to a key. Only an owner limits owners and admins."),
    ] = WantedScopesByRole()

    def change(self) -> KeyPolicyChange:
        sent: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set - {"scopes_by_role"}}
        roles = self.scopes_by_role
        limits: Mapping[Role, Sequence[str] | None] = {
            Role(name): getattr(roles, name) for name in roles.model_fields_set
        }
        return cast(KeyPolicyChange, sent | {"scopes_by_role": limits})


@blueprint.get("/orgs/<org>/key-policy")
@RequireMember(Permission.READ_KEYS)
@RouteDocs()
def show() -> Answer[Data[KeyPolicyAnswer]]:
    """Get the policy for keys

    What the organization allows its keys: how long they live, and which scopes each role may give.
    """
    return data(_answer(key_policy.of(request_context.member().org_id)))


@blueprint.patch("/orgs/<org>/key-policy")
@RequireMember(Permission.MANAGE_KEY_POLICY)
@RouteDocs(
    body=KeyPolicyBody,
    example={"default_expiry_days": 30, "longest_expiry_days": 90, "scopes_by_role": {"member": ["agent:r"]}},
    errors=(RateLimited,),
)
@limit_changes
def change() -> Answer[Data[KeyPolicyAnswer]]:
    """Change the policy for keys

    Fields you leave out keep their value. No key stops working: the list of keys with `outside_policy=true` shows those
    that are outside of the new policy. It applies to new keys, and to what is changed.
    """
    wanted = read_json(KeyPolicyBody).change()
    return data(_answer(key_policy.change(request_context.runtime(), request_context.member(), wanted)))


def _answer(policy: KeyPolicy) -> KeyPolicyAnswer:
    return cast(KeyPolicyAnswer, policies.to_json(policy))
