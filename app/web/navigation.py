"""The navigation of every page: the organization that its tabs lead to, and the tabs."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from flask import after_this_request, current_app, g, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.domain import name_rules
from app.http import cookies, request_context
from app.services import invitations, new_organization
from app.store.invitations import InvitationListed
from app.store.memberships import OrganizationOf

_OF_KEYS = {"key_list", "new_key", "key_page", "key_settings", "key_rotation", "key_revocation", "shown_key"}
#: The tabs, each by its page and the blueprints whose other pages belong to it. One whose page does not exist is left
#: out.
TABS: tuple[tuple[str, str, set[str]], ...] = (
    ("Keys", "key_list.index", _OF_KEYS),
    ("Usage", "usage.index", {"usage"}),
    ("Members", "members.index", {"members", "member_removal", "invitations"}),
    ("Audit log", "audit_log.index", {"audit_log"}),
    ("Settings", "organization_settings.index", {"organization_settings", "organization_deletion", "key_policy"}),
)


class Tab(NamedTuple):
    """`current` is the value of `aria-current`: the tab's own page, one that belongs to it, or neither."""

    label: str
    url: str
    current: str | None


class Navigation(NamedTuple):
    """`organization` is None for people without one, for strangers, and on pages about a fault. `may_create`: whether
    the person may make another one. `invitations`: those of the person that are open."""

    organizations: Sequence[OrganizationOf]
    organization: OrganizationOf | None
    tabs: Sequence[Tab]
    may_create: bool
    invitations: Sequence[InvitationListed] = ()

    @property
    def same_named(self) -> frozenset[str]:
        """The IDs of those whose name another one has too, in any case. Pages show the ID beside their names."""
        names = Counter(name_rules.folded(one.name) for one in self.organizations)
        return frozenset(one.id for one in self.organizations if names[name_rules.folded(one.name)] > 1)


NOBODYS = Navigation((), None, (), may_create=False)


def navigation(*, is_signed_in: bool) -> Navigation:
    """The navigation of the page that is being rendered."""
    if not is_signed_in:
        return NOBODYS
    may_create = new_organization.may_create(request_context.runtime(), current_user.email)
    found = request_context.organizations()
    if not found:
        return Navigation((), None, (), may_create)
    organization = _shown(found)
    invited = invitations.open_for(request_context.runtime(), current_user.email)
    return Navigation(found, organization, _tabs(organization.id), may_create, invited)


def _shown(found: Sequence[OrganizationOf]) -> OrganizationOf:
    """The organization whose page this is. On other pages the one that was looked at last, or else the oldest."""
    by_id = {organization.id: organization for organization in found}
    member = g.get("member")
    if member and member.org_id in by_id:
        if len(found) > 1 and request.cookies.get(cookies.ORGANIZATION) != member.org_id:
            after_this_request(_remember)
        return by_id[member.org_id]
    return by_id.get(request.cookies.get(cookies.ORGANIZATION, ""), found[0])


def _remember(response: Response) -> Response:
    cookies.set_organization(response, request_context.member().org_id, request_context.runtime().settings)
    return response


def _tabs(org_id: str) -> list[Tab]:
    return [
        Tab(label, url_for(endpoint, org=org_id), _current(endpoint, blueprints))
        for label, endpoint, blueprints in TABS
        if endpoint in current_app.view_functions
    ]


def _current(endpoint: str, blueprints: set[str]) -> str | None:
    if request.endpoint == endpoint:
        return "page"
    # Not where nothing of the organization is shown, as on an error page.
    return "true" if g.get("member") and request.blueprint in blueprints else None
