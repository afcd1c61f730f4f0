"""What an address fills in on the form for a new key: `?template=`, or a link with `name`, `scope` (once or more) and
`expires`. It only fills in; a person sends the form."""

import re
from dataclasses import dataclass, replace

from flask import request

from app.domain import name_rules
from app.domain.errors import Forbidden, UnknownScope, ValidationFailed
from app.http import request_context
from app.services import keys
from app.web import key_form_policy, new_key_templates
from app.web.key_form import ON_DATE, KeyForm, known_expiries, unfilled

#: Characters of what a link says wrongly that the page repeats, and how many of those.
MAX_REPEATED, MAX_NAMED = 40, 10
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class FilledIn:
    form: KeyForm
    #: Whether a link says more than which template.
    by_link: bool
    #: What is wrong with what the address says, by field.
    problems: dict[str, str]
    #: What it says and is not filled in: a sentence each.
    left_out: list[str]


def read() -> FilledIn:
    """The form that the address of the current page asks for."""
    form, left_out = _of_template()
    given = {field: value for field in ("name", "expires") if (value := request.args.get(field, "").strip())}
    asked = dict.fromkeys(name for value in request.args.getlist("scope") for name in value.split())
    if asked:
        refused = {name: reason for name in asked if (reason := why_not_given(name))}
        form = replace(form, scopes=[name for name in asked if name not in refused])
        left_out += _named(refused)
    if name := given.get("name"):
        form = replace(form, name=name[: name_rules.MAX_LENGTH])
        if form.name != name:
            left_out.append(f"The name has {len(name)} characters. Only the first {name_rules.MAX_LENGTH} are kept.")
    if expires := given.get("expires"):
        form = _with_expiry(form, expires)
    judged = {*given, *({"expires_on"} if "expires" in given else ()), *({"scopes"} if form.scopes else ())}
    return FilledIn(form, bool(given or asked), _problems(form, judged), left_out)


def _of_template() -> tuple[KeyForm, list[str]]:
    wanted = request.args.get("template")
    if not wanted:
        return unfilled(), []
    for template in new_key_templates.offered():
        if template.id == wanted:
            return KeyForm(scopes=template.scopes, expires=template.expires), []
    return unfilled(), [f"There is no template {_short(wanted)} that you can use."]


def why_not_given(scope: str) -> str | None:
    """Why the member cannot give a key this scope."""
    try:
        keys.refuse_ungrantable(request_context.runtime(), request_context.member(), [scope])
    except UnknownScope:
        return f"There is no scope {_short(scope)}."
    except Forbidden as error:
        return error.detail
    if not key_form_policy.may_give(scope):
        return f"The organization’s policy does not let your role give a key the scope {_short(scope)}."
    return None


def _named(refused: dict[str, str]) -> list[str]:
    named = list(refused.values())[:MAX_NAMED]
    return [*named, f"{len(refused) - MAX_NAMED} more scopes are left out."] if len(refused) > MAX_NAMED else named


def _with_expiry(form: KeyForm, text: str) -> KeyForm:
    if text == "never":
        return replace(form, expires="")
    if _DATE.fullmatch(text):
        return replace(form, expires=ON_DATE, expires_on=text)
    # What is no choice of the form is found wrong with it.
    return replace(form, expires=text)


def _problems(form: KeyForm, judged: set[str]) -> dict[str, str]:
    """What would be wrong with the form, of the `judged` fields: those that the address filled in."""
    try:
        settings = form.settings(known_expiries())
    except ValidationFailed as error:
        return {field: problem for field, problem in error.fields.items() if field in judged}
    found = {
        "expires" if name == "expires_at" else name: said for name, said in key_form_policy.problems(settings).items()
    }
    return {field: problem for field, problem in found.items() if field in judged}


def _short(text: str) -> str:
    return f"“{text[:MAX_REPEATED]}{'…' if len(text) > MAX_REPEATED else ''}”"
