"""A form whose sender had been signed out meanwhile: kept in Flask's session cookie, and filled in again after signing
in, for the same person only. A form that holds a secret does not say who filled it in, so it is not kept."""

from flask import Request, current_app, flash, request, session
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from app.http.cookies import length_of_notices
from app.http.safe_next import safe_next

#: Bytes of the cookie, compressed as it is. Browsers keep 4 KiB of a cookie, and nginx reads 4 KiB of headers, of which
#: the others take less than one. A form with all 2,000 bytes of scopes that a key may have fits.
MAX_LENGTH = 3000
_KEPT = "form_after_sign_in"
#: The field that says who filled in the form. Without it nothing is kept: somebody else may sign in next.
FILLED_IN_BY = "filled_in_by"
_NOTHING_CHANGED = "You were signed out, so nothing was changed."


def keep(sent: Request) -> str | None:
    """Keeps the form and tells the person so. Returns the page that shows the form, or None if there is none."""
    page = safe_next(sent.path) or safe_next(sent.path.rpartition("/")[0])
    if page is None:
        flash(f"{_NOTHING_CHANGED} Sign in, then try again.")
        return None
    session[_KEPT] = {"page": page, "fields": list(sent.form.items(multi=True))}
    if FILLED_IN_BY not in sent.form:
        del session[_KEPT]
        flash(f"{_NOTHING_CHANGED} Sign in, then try again.")
    elif length_of_notices(current_app, session) <= MAX_LENGTH:
        flash(f"{_NOTHING_CHANGED} Sign in to return to the form with what you entered.")
    else:
        del session[_KEPT]
        flash(f"{_NOTHING_CHANGED} What you entered was too long to keep. Sign in, then fill in the form again.")
    return page


def take() -> MultiDict[str, str] | None:
    """The fields of the form that the person who is signed in filled in on the current page, once. None: there is
    none."""
    kept = session.get(_KEPT)
    if kept is None or kept["page"] != request.path:
        return None
    del session[_KEPT]
    if [FILLED_IN_BY, current_user.get_id()] not in [list(field) for field in kept["fields"]]:
        return None
    return MultiDict((name, value) for name, value in kept["fields"])
