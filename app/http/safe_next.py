"""`safe_next`: where a sign-in may redirect to. Only to our own pages."""

from urllib.parse import unquote_plus

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from app.domain import key_format

#: A link that fills in the form for a new key (docs/dashboard.md) is the longest.
MAX_LENGTH = 1000
#: The blueprints of pages that can be returned to.
_PAGES = {
    *("home", "sessions", "mail_preferences", "device", "invitations", "new_organization"),
    *("key_list", "new_key", "key_page", "key_settings", "key_rotation", "key_revocation", "usage"),
    *("members", "member_removal", "audit_log"),
    *("organization_settings", "organization_deletion", "key_policy"),
}


def safe_next(target: str | None) -> str | None:
    """`target` if it is the path of one of our own pages, with or without a query, else None.

    Matched against our routes, because what looks like a path can lead elsewhere: `//evil.example`, `/\\evil.example`.
    """
    if not target or len(target) > MAX_LENGTH or not target.startswith("/") or target.startswith("//"):
        return None
    if any(ord(character) < 33 or character in "\\#" for character in target):
        return None
    try:
        endpoint, _ = current_app.url_map.bind("localhost").match(target.partition("?")[0], method="GET")
    except (HTTPException, RequestRedirect):
        return None
    if key_format.found_in(unquote_plus(target)):
        # A key that somebody put into an address goes no further.
        target = target.partition("?")[0]
    return target if endpoint.partition(".")[0] in _PAGES else None
