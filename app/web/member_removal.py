"""The pages that remove a member, and that let one leave: both ask what happens to each key of whoever goes."""

from collections.abc import Sequence

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.domain.errors import (
    Busy,
    DomainError,
    Forbidden,
    KeyNotActive,
    KeysUndecided,
    LastOwner,
    NotFound,
    RateLimited,
    TooManyKeys,
    UnknownScope,
    ValidationFailed,
)
from app.domain.member_roles import Permission, Role
from app.http import form_after_sign_in, request_context
from app.http.change_rate_limit import limit_changes
from app.http.guards import RequireMember
from app.services import key_owners, key_revocation, member_removal, members
from app.services.member_removal import OVERLAP_SECONDS, Decisions, KeyAction, KeyDecision, LeftKey
from app.store.members import MemberListed
from app.web import refused_form
from app.web.key_form import choice
from app.web.key_rotation import OVERLAPS
from app.web.members import NOT_A_MEMBER, to_members
from app.web.refused_form import WHOLE_FORM

blueprint = Blueprint("member_removal", __name__, url_prefix="/orgs/<org>/members")

#: How many keys the page asks about one by one, and how many others it offers keys to. For more there is one answer.
MOST_KEYS = key_revocation.MAX_AT_ONCE
MOST_OWNERS = 50
#: The field of a form for more keys than one request decides about.
_STEP = "step"
_REFUSALS = (ValidationFailed, Forbidden, LastOwner, KeyNotActive, UnknownScope, TooManyKeys, RateLimited, Busy)


@blueprint.get("/<person>/remove")
@RequireMember(Permission.MANAGE_MEMBERS)
def ask_remove(person: str) -> str:
    return _page(_removable(person), {}, form_after_sign_in.take())


@blueprint.post("/<person>/remove")
@RequireMember(Permission.MANAGE_MEMBERS)
@refused_form.also_over_limit(lambda problems, person: _page(_removable(person), problems))
@limit_changes
def remove(person: str) -> Response:
    """The page with the successors of rotated keys, shown once, or the list of members; after a step, the question
    again."""
    org = request_context.member().org_id
    if person == request_context.member().person_id:
        return redirect(url_for("member_removal.ask_leave", org=org), 303)
    if _STEP in request.form:
        return _take_step(_removable(person), url_for("member_removal.ask_remove", org=org, person=person))
    return _remove(person)


def _remove(person: str) -> Response:
    try:
        done = member_removal.remove(request_context.runtime(), request_context.member(), person, _decisions())
    except NotFound:
        return to_members(NOT_A_MEMBER)
    except KeysUndecided as error:
        return _changed_meanwhile(_removable(person), error)
    except _REFUSALS as error:
        return refused_form.answer(_page(_removable(person), _problems_of(error)), error)
    if done.replaced:
        return make_response(render_template("members/successors.html", done=done), 201)
    return to_members(f"{done.email} is no longer a member.")


@blueprint.get("/leave")
@RequireMember(Permission.READ_KEYS)
def ask_leave() -> str:
    return _page(_oneself(), {}, form_after_sign_in.take())


@blueprint.post("/leave")
@RequireMember(Permission.READ_KEYS)
@refused_form.also_over_limit(lambda problems: _page(_oneself(), problems))
@limit_changes
def leave() -> Response:
    member = request_context.member()
    if _STEP in request.form:
        return _take_step(_oneself(), url_for("member_removal.ask_leave", org=member.org_id))
    try:
        member_removal.remove(request_context.runtime(), member, member.person_id, _decisions())
    except KeysUndecided as error:
        return _changed_meanwhile(_oneself(), error)
    except _REFUSALS as error:
        return refused_form.answer(_page(_oneself(), _problems_of(error)), error)
    flash(f"You are no longer a member of {member.org_name}.")
    return redirect(url_for("home.index"), 303)


def _take_step(found: MemberListed, back: str) -> Response:
    """Decides about as many keys as one request can, and leads back for the others. Those that were used last come at
    the end, one by one."""
    ids = [key.listed.key.id for key in _left_keys(found)[MOST_KEYS:][: members.MOST_KEYS]]
    try:
        decision = _decision(request.form.get("others", ""), "others")
        done = member_removal.decide_some(
            request_context.runtime(), request_context.member(), found.person_id, ids, decision
        )
    except NotFound:
        return to_members(NOT_A_MEMBER)
    except _REFUSALS as error:
        return refused_form.answer(_page(found, _problems_of(error)), error)
    what = "revoked" if decision.action is KeyAction.REVOKE else "handed over"
    flash(f"Keys that were {what}: {done:,}. Now decide about the others.")
    return redirect(back, 303)


def _removable(person: str) -> MemberListed:
    return members.manageable(request_context.runtime(), request_context.member(), person)


def _oneself() -> MemberListed:
    return members.get(request_context.runtime(), request_context.member(), request_context.member().person_id)


def _decisions() -> Decisions:
    """Raises `ValidationFailed`."""
    form = request.form
    named = zip(form.getlist("key"), form.getlist("decision"), strict=False)
    others = form.get("others")
    return Decisions(
        {key_id: _decision(value, "decision") for key_id, value in named},
        _decision(others, "others") if others else None,
        choice(form.get("old_keys", str(OVERLAP_SECONDS)), OVERLAPS, "old_keys"),
    )


def _decision(value: str, field: str) -> KeyDecision:
    """From `revoke`, `rotate:ADDRESS` or `hand_over:ADDRESS`, without an address for the organization."""
    action, _, owner = value.partition(":")
    if action not in set(KeyAction):
        raise ValidationFailed({field: "choose one of the options"})
    return KeyDecision(KeyAction(action), owner or None)


def _changed_meanwhile(found: MemberListed, error: KeysUndecided) -> Response:
    """The page with what was chosen, and with the keys that there are now."""
    sent = set(request.form.getlist("key"))
    left = _left_keys(found)
    new = [key.listed.key.name for key in left if key.listed.key.id not in sent]
    told = ["The keys have changed since this page was opened."]
    if new:
        told.append(f"Not decided yet: {', '.join(new)}.")
    if sent - {key.listed.key.id for key in left}:
        told.append("Keys that are no longer listed were revoked or handed over, or have expired.")
    problem = " ".join(told)
    return refused_form.answer(_page(found, {WHOLE_FORM: problem}), error)


def _problems_of(error: DomainError) -> dict[str, str]:
    if isinstance(error, ValidationFailed):
        ours = {"owner": "somebody chosen here may not get keys any more; choose again"}
        ours |= {"keys": f"the keys {error.fields.get('keys')}"}
        return {WHOLE_FORM: "; ".join(ours.get(name, problem) for name, problem in error.fields.items())}
    return {WHOLE_FORM: error.detail}


def _left_keys(found: MemberListed) -> list[LeftKey]:
    return member_removal.left_keys(request_context.runtime(), request_context.member(), found.person_id)


def _page(found: MemberListed, problems: dict[str, str], unsent: MultiDict[str, str] | None = None) -> str:
    """With what was chosen in the form, sent or kept while signing in, as far as it is still asked."""
    form = request.form if unsent is None else unsent
    leaves = found.person_id == request_context.member().person_id
    left, owners = _left_keys(found), _owners(found, leaves=leaves)
    is_last_owner = leaves and found.role is Role.OWNER and not _has_other_owner(found)
    chosen = dict(zip(form.getlist("key"), form.getlist("decision"), strict=False))
    return render_template(
        "members/remove.html",
        found=found,
        leaves=leaves,
        is_last_owner=is_last_owner,
        is_alone=is_last_owner and _is_alone(),
        left=[(key, chosen.get(key.listed.key.id, _suggested(key, leaves=leaves))) for key in left[:MOST_KEYS]],
        others=len(left[MOST_KEYS:]),
        step=members.MOST_KEYS if len(left) > members.MOST_KEYS else None,
        chosen_for_others=form.get("others", "hand_over:"),
        owners=owners,
        overlaps=OVERLAPS,
        overlap=form.get("old_keys", str(OVERLAP_SECONDS)),
        may_rotate=any(key.not_rotatable is None for key in left[:MOST_KEYS]),
        stays=found.keys - sum(key.listed.key.created_by == found.person_id for key in left),
        problems=problems,
    )


def _suggested(key: LeftKey, *, leaves: bool) -> str:
    """Who removes somebody gets their keys, unless they choose otherwise; who leaves gives them to the organization."""
    owner = "" if leaves else request_context.member().email
    return KeyAction.REVOKE.value if key.suggested is KeyAction.REVOKE else f"{key.suggested.value}:{owner}"


def _owners(found: MemberListed, *, leaves: bool) -> Sequence[str]:
    """The addresses of those who can get keys of this person; for who leaves: owners."""
    member = request_context.member()
    if leaves:
        possible = [owner.email for owner in members.owners(member)]
    else:
        possible = [owner.email or "" for owner in key_owners.possible_owners(member)]
    return [email for email in possible if email not in {found.email, member.email}][:MOST_OWNERS]


def _is_alone() -> bool:
    return len(members.everybody(request_context.runtime(), request_context.member())) == 1


def _has_other_owner(found: MemberListed) -> bool:
    return any(owner.person_id != found.person_id for owner in members.owners(request_context.member()))
