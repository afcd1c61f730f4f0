"""A form whose sender had been signed out meanwhile: kept in Flask's session cookie, and filled in again after signing
in. No form holds a secret."""

from urllib.parse import urlencode

from flask import Request, flash, request, session
from werkzeug.datastructures import MultiDict

from app.http.safe_next import safe_next

#: Bytes, encoded for a URL. A browser keeps cookies of 4 KiB.
MAX_LENGTH = 2000
_KEPT = "unsent_form"


def keep(sent: Request) -> str | None:
    """Keeps the form and tells the person so. Returns the page that shows the form, or None if there is none."""
    page = safe_next(sent.path) or safe_next(sent.path.rpartition("/")[0])
    fields = list(sent.form.items(multi=True))
    if page and len(urlencode(fields, errors="replace")) <= MAX_LENGTH:
        session[_KEPT] = {"page": page, "fields": fields}
        flash("You were signed out, so nothing was changed. Sign in to return to the form with what you entered.")
    else:
        flash("You were signed out, so nothing was changed. Sign in, then try again.")
    return page


def take() -> MultiDict[str, str] | None:
    """The fields of the form that was kept for the current page, once. None: there is none."""
    kept = session.get(_KEPT)
    if kept is None or kept["page"] != request.path:
        return None
    del session[_KEPT]
    return MultiDict((name, value) for name, value in kept["fields"])
