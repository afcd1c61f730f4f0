"""Mail preferences: the page where people choose which mails they get."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.http import request_context
from app.http.guards import RequireSignIn
from app.services import mail_preferences

blueprint = Blueprint("mail_preferences", __name__, url_prefix="/account/mails")


@blueprint.get("")
@RequireSignIn()
def index() -> str:
    person_id = request_context.person().id
    return render_template(
        "account/mail_preferences.html",
        wanted=mail_preferences.wanted(person_id),
        owned=mail_preferences.owned(person_id),
        seals=mail_preferences.seals(person_id),
    )


@blueprint.post("")
@RequireSignIn()
def save() -> Response:
    kinds, seals_of = request.form.getlist("kind"), request.form.getlist("seal")
    mail_preferences.save(request_context.runtime(), request_context.person().id, kinds, seals_of=seals_of)
    flash("Your choice of mails is saved.")
    return redirect(url_for("mail_preferences.index"), 303)
