"""The list of keys: searched, filtered and sorted by its address, exported, and where many are selected."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.domain import email_address, key_status
from app.domain.errors import ValidationFailed
from app.domain.member_roles import Permission
from app.http import request_context
from app.http.download_limit import limit_downloads
from app.http.guards import RequireMember
from app.services import key_list, usage
from app.services.key_list import COUNTED_TO, ENDED_COUNTED_TO, ORGANIZATION, KeyFilter, KeyPage, PastedKey
from app.services.key_revocation import MAX_AT_ONCE
from app.store.keys import ListedKey
from app.web import download

blueprint = Blueprint("key_list", __name__, url_prefix="/orgs/<org>/keys")

PAGE_SIZE = MAX_AT_ONCE
MAX_WORDS = 200
#: What may be chosen in the field State. `all` is every key.
STATES = {
    "working": "Working keys",
    "all": "All keys",
    "failing": "Failing",
    "expiring": "Expire within 7 days",
    "replaced": "Being replaced",
    "owner_left": "Owner left",
    "unused": "Not used for 90 days",
    "never_expires": "Never expire",
    "outside_policy": "Outside of the policy",
    "suspended": "Suspended",
    "expired": "Expired",
    "revoked": "Revoked",
}
#: Addresses that people kept can have an earlier name.
_EARLIER_NAMES = {"creator_left": "owner_left"}
ORDERS = {"created": "Newest first", "name": "Name", "expires": "Expires first", "used": "Used last"}
_COLUMNS = (
    *("id", "name", "start", "last4", "state", "scopes", "created_at", "created_by", "expires_at", "revoked_at"),
    *("last_let_through_at", "last_refused_at", "networks"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, by its parameters. What is not offered counts as left out."""

    q: str = ""
    state: str = "working"
    scope: str = ""
    creator: str = ""
    owner: str = ""
    sort: str = "created"

    @property
    def filter(self) -> KeyFilter:
        conditions = () if self.state == "all" else (self.state,)
        return KeyFilter(self.q, conditions, self.scope or None, self.creator or None, self.owner or None)

    @property
    def is_narrowed(self) -> bool:
        """Whether it leaves out keys that are in the list otherwise."""
        return bool(self.q or self.scope or self.creator or self.owner or self.state != "working")

    def parameters(self, **changed: str | None) -> dict[str, str | None]:
        """The parameters of its address, without what is so anyway."""
        plain = asdict(Asked())
        return {name: value for name, value in (asdict(self) | changed).items() if value and value != plain[name]}


def asked(values: Mapping[str, str]) -> Asked:
    state, sort = values.get("state", ""), values.get("sort", "")
    state = _EARLIER_NAMES.get(state, state)
    return Asked(
        q=values.get("q", "").strip()[:MAX_WORDS],
        state=state if state in STATES else "working",
        scope=values.get("scope", "")[:MAX_WORDS],
        creator=values.get("creator", "")[:MAX_WORDS],
        owner=values.get("owner", "")[: email_address.MAX_LENGTH],
        sort=sort if sort in ORDERS else "created",
    )


@blueprint.get("", endpoint="index")
@RequireMember(Permission.READ_KEYS)
def index() -> Response | str:
    runtime, member, wanted = request_context.runtime(), request_context.member(), asked(request.args)
    if _pasted(request.args):
        # It must not stay in an address, which browsers and proxies write down.
        flash("A key does not belong in an address. Paste it into the search field.")
        return redirect(_url(wanted, q=None), 303)
    try:
        wanted = _of_known_owner(wanted)
    except ValidationFailed:
        return _nobodys(wanted)
    try:
        page = key_list.page(
            runtime, member, wanted.filter, sort=wanted.sort, limit=PAGE_SIZE, cursor=request.args.get("cursor")
        )
    except ValidationFailed:
        return redirect(_url(wanted), 303)
    attention = key_list.attention(runtime, member)
    return render_template(
        "keys/index.html",
        asked=wanted,
        page=page,
        total=_total(wanted, page, attention),
        ended=_ended(wanted),
        counted_to=COUNTED_TO,
        ended_counted_to=ENDED_COUNTED_TO,
        has_any=bool(page.items) or key_list.count(runtime, member, KeyFilter()) > 0,
        attention=attention,
        weeks=usage.weeks(member.org_id, (listed.key.id for listed in page.items), runtime.clock()),
        states=STATES,
        orders=ORDERS,
        creators=key_list.creators(member),
        owners=key_list.owners(member),
        of_organization=ORGANIZATION,
        scopes=list(runtime.settings.policy.scopes),
        url=partial(_url, wanted),
        is_first=not request.args.get("cursor") and not wanted.parameters(),
    )


def _total(wanted: Asked, page: KeyPage, attention: dict[str, int]) -> int:
    """How many keys the whole list has. Counted only if nothing else says it: the last page does, and so do the numbers
    above the list."""
    if page.older is None:
        return page.first + len(page.items)
    if wanted.state in attention and wanted.filter == KeyFilter(conditions=(wanted.state,)):
        return attention[wanted.state]
    return key_list.count(request_context.runtime(), request_context.member(), wanted.filter)


def _ended(wanted: Asked) -> int:
    """How many keys a search of the working ones leaves out because they have expired or were revoked."""
    if wanted.state != "working" or not wanted.is_narrowed:
        return 0
    runtime, member = request_context.runtime(), request_context.member()
    return key_list.count_ended(runtime, member, replace(wanted.filter, conditions=()))


@blueprint.post("/search")
@RequireMember(Permission.READ_KEYS)
def search() -> Response:
    """Leads to the key that was pasted, or to the list with what was typed. A pasted key is in no address."""
    member, wanted = request_context.member(), asked(request.form)
    pasted = _pasted(request.form)
    if pasted is None:
        return redirect(_url(wanted), 303)
    if not pasted.is_whole:
        flash("That looks like a part of a key. Paste the whole key, or search for its first 12 characters.")
        return redirect(_url(wanted, q=None), 303)
    if pasted.key_id is None:
        flash(f"That is a whole key, but not one of {member.org_name}. Look in your other organizations.")
        return redirect(_url(wanted, q=None), 303)
    flash("This is the key that you pasted.")
    return redirect(url_for("key_page.show", org=member.org_id, key=pasted.key_id), 303)


@blueprint.get("/search")
@RequireMember(Permission.READ_KEYS)
def searched() -> Response:
    """For who comes back to the form's address, by reloading or after signing in."""
    return redirect(_url(Asked()), 303)


@blueprint.get("/export.csv")
@RequireMember(Permission.READ_KEYS)
@limit_downloads
def export() -> Response:
    """The keys that the list shows, all pages of it in the same order, without a secret."""
    runtime, member, wanted = request_context.runtime(), request_context.member(), asked(request.args)
    if _pasted(request.args):
        return redirect(_url(wanted, q=None, endpoint="key_list.export"), 303)
    try:
        wanted = _of_known_owner(wanted)
    except ValidationFailed:
        return _nobodys(wanted)
    found = key_list.every(runtime, member, wanted.filter, sort=wanted.sort)
    return download.of_rows("keys", _COLUMNS, map(_row, found))


def _of_known_owner(wanted: Asked) -> Asked:
    """With the owner's ID, however the address names them. Raises `ValidationFailed`."""
    return (
        replace(wanted, owner=key_list.owner_named(request_context.member(), wanted.owner)) if wanted.owner else wanted
    )


def _nobodys(wanted: Asked) -> Response:
    """An empty list would say that somebody has no keys, who may be misspelled."""
    name = request_context.member().org_name
    flash(f"Nobody with that ID or email address is a member of {name} or has keys there. These are the keys of all.")
    return redirect(_url(wanted, owner=None), 303)


def _pasted(values: Mapping[str, str]) -> PastedKey | None:
    """Looked for before anything is cut off."""
    text = values.get("q", "")
    return key_list.pasted_key(request_context.runtime(), request_context.member(), text) if text.strip() else None


def _row(listed: ListedKey) -> list[Any]:
    key = listed.key
    state = key_status.state(listed, request_context.runtime().clock())
    return [
        *(key.id, key.name, key.start, key.last4, state, " ".join(key.scopes), key.created_at, listed.created_by),
        *(key.expires_at, key.revoked_at, listed.last_let_through, listed.last_refused, " ".join(key.networks)),
    ]


def _url(wanted: Asked, /, endpoint: str = "key_list.index", **changed: str | None) -> str:
    """The address of this list, with other parameters."""
    cursor = changed.pop("cursor", None)
    values: dict[str, Any] = {"org": request_context.member().org_id, **wanted.parameters(**changed), "cursor": cursor}
    return url_for(endpoint, **values)
