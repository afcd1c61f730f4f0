"""The page on which an organization says what it allows its keys, and which lists the keys that are outside of that."""

import json
from dataclasses import dataclass
from hashlib import sha256

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.domain import key_policy as policies
from app.domain import member_roles
from app.domain.errors import Forbidden, ValidationFailed
from app.domain.key_policy import LIMITED_ROLES, KeyPolicy, KeyPolicyChange, may_limit
from app.domain.member_roles import Permission, Role
from app.domain.route_policy import Policy, Scope
from app.http import form_after_sign_in, request_context
from app.http.change_rate_limit import limit_changes
from app.http.guards import RequireMember
from app.services import key_list, key_policy
from app.services.key_list import OUTSIDE_POLICY, KeyFilter, KeyPage
from app.store.keys import ListedKey
from app.web import key_form_policy, key_policy_sentences, refused_form
from app.web.refused_form import WHOLE_FORM
from app.web.templating import status

blueprint = Blueprint("key_policy", __name__, url_prefix="/orgs/<org>/settings/keys")
blueprint.add_app_template_global(key_policy_sentences.in_words, "key_policy_in_words")
blueprint.add_app_template_global(key_form_policy.of_organization, "key_policy")

PAGE_SIZE = 25
_DAYS = ("default_expiry_days", "longest_expiry_days")


@dataclass(frozen=True, slots=True)
class PolicyForm:
    default_expiry_days: str
    longest_expiry_days: str
    expiry_required: bool
    #: The scopes that are ticked for each role, with those that they include.
    scopes: dict[Role, list[str]]


@blueprint.app_template_test("rotatable")
def _is_rotatable(listed: ListedKey) -> bool:
    """Whether the member could rotate the key now: it works, has no successor, and its scopes are theirs to give."""
    is_working = status(listed) in {"active", "expiring"} and not listed.is_replaced
    return is_working and all(map(key_form_policy.may_give, listed.key.scopes))


@blueprint.get("")
@RequireMember(Permission.READ_KEYS)
def show() -> Response | str:
    policy = key_form_policy.of_organization()
    unsent = form_after_sign_in.take()
    form, seen = (_as_sent(unsent), unsent.get("seen", "")) if unsent else (_as_it_is(policy), _seen(policy))
    try:
        return _page(form, seen, {})
    except ValidationFailed:
        # An address with a cursor that is none.
        return redirect(_own_url(), 303)


def _again(problems: dict[str, str]) -> str:
    return _page(_as_sent(request.form), request.form.get("seen", ""), problems)


@blueprint.post("")
@RequireMember(Permission.MANAGE_KEY_POLICY)
@refused_form.also_over_limit(lambda problems, **_: _again(problems))
@limit_changes
def change() -> Response:
    """Changes nothing if the policy has changed since the form was loaded: the form would undo that change."""
    policy, form = key_form_policy.of_organization(), _as_sent(request.form)
    if request.form.get("seen", "") != _seen(policy):
        said = {WHOLE_FORM: "Somebody else changed the policy in the meantime. The form shows it as it is now"}
        return make_response(_page(_as_it_is(policy), _seen(policy), said), 409)
    try:
        key_policy.change(request_context.runtime(), request_context.member(), _wanted(policy, form))
    except (ValidationFailed, Forbidden) as error:
        problems = refused_form.problems_of_whole(error)
        return refused_form.answer(_again(problems), error)
    flash("The policy is changed. It applies to new keys and to changes from now on.")
    return redirect(_own_url(), 303)


def _own_url() -> str:
    return url_for("key_policy.show", org=request_context.member().org_id)


def _page(form: PolicyForm, seen: str, problems: dict[str, str]) -> str:
    runtime, member = request_context.runtime(), request_context.member()
    policy, outside = key_form_policy.of_organization(), KeyFilter(conditions=(OUTSIDE_POLICY,))
    cursor = request.args.get("cursor")
    page = key_list.page(runtime, member, outside, sort="created", limit=PAGE_SIZE, cursor=cursor)
    return render_template(
        "key_policy/show.html",
        policy=policy,
        form=form,
        seen=seen,
        problems=problems,
        may_change=member_roles.allows(member.role, Permission.MANAGE_KEY_POLICY),
        roles=[(role, _offered(role)) for role in LIMITED_ROLES if may_limit(member.role, role)],
        page=page,
        total=_total(page, outside),
        counted_to=key_list.COUNTED_TO,
        reasons=key_policy.reasons(runtime, member, page.items),
    )


def _total(page: KeyPage, outside: KeyFilter) -> int:
    if page.older is None:
        return page.first + len(page.items)
    return key_list.count(request_context.runtime(), request_context.member(), outside)


def _catalogue() -> Policy:
    return request_context.runtime().settings.policy


def _offered(role: Role) -> list[Scope]:
    """The scopes that the role may give as far as its permissions go."""
    catalogue = _catalogue()
    return [
        scope
        for scope in catalogue.scopes.values()
        if not catalogue.is_operators_only(scope.name) and member_roles.may_grant(role, catalogue.granted([scope.name]))
    ]


def _given(policy: KeyPolicy, role: Role) -> list[str]:
    return [scope.name for scope in _offered(role) if policy.may_give(role, scope.name, _catalogue())]


def _as_it_is(policy: KeyPolicy) -> PolicyForm:
    default, longest = (("" if days is None else str(days)) for days in (getattr(policy, name) for name in _DAYS))
    return PolicyForm(default, longest, policy.expiry_required, {role: _given(policy, role) for role in LIMITED_ROLES})


def _as_sent(form: MultiDict[str, str]) -> PolicyForm:
    default, longest = (form.get(name, "").strip() for name in _DAYS)
    scopes = {role: form.getlist(f"scopes_by_role.{role.value}") for role in LIMITED_ROLES}
    return PolicyForm(default, longest, "expiry_required" in form, scopes)


def _wanted(policy: KeyPolicy, form: PolicyForm) -> KeyPolicyChange:
    """What differs from what the form showed. All scopes of a role ticked is no limit, now and for scopes to come.
    Raises `ValidationFailed`."""
    problems, days = {}, {}
    for name in _DAYS:
        text: str = getattr(form, name)
        if text and not (text.isascii() and text.isdigit()):
            problems[name] = "must be a whole number of days, or empty"
        else:
            days[name] = int(text[:10]) if text else None
    if problems:
        raise ValidationFailed(problems)
    limits = {
        role: None if set(form.scopes[role]) >= {scope.name for scope in _offered(role)} else form.scopes[role]
        for role in LIMITED_ROLES
        if may_limit(request_context.member().role, role) and set(form.scopes[role]) != set(_given(policy, role))
    }
    return KeyPolicyChange(
        default_expiry_days=days["default_expiry_days"],
        longest_expiry_days=days["longest_expiry_days"],
        expiry_required=form.expiry_required,
        scopes_by_role=limits,
    )


def _seen(policy: KeyPolicy) -> str:
    """A digest of the policy that a form shows, to notice changes made since."""
    return sha256(json.dumps(policies.to_json(policy), sort_keys=True).encode()).hexdigest()[:16]
