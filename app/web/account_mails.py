"""The page where a person chooses which mails they get."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.http import request_context
from app.http.guards import RequireSignIn
from app.services import mail_choices

blueprint = Blueprint("account_mails", __name__, url_prefix="/account/mails")


@blueprint.get("")
@RequireSignIn()
def index() -> str:
    person_id = request_context.person().id
    return render_template(
        "account/mails.html",
        wanted=mail_choices.wanted(person_id),
        owned=mail_choices.owned(person_id),
        seals=mail_choices.seals(person_id),
    )


@blueprint.post("")
@RequireSignIn()
def choose() -> Response:
    kinds, seals_of = request.form.getlist("kind"), request.form.getlist("seal")
    mail_choices.choose(request_context.runtime(), request_context.person().id, kinds, seals_of=seals_of)
    flash("Your choice of mails is saved.")
    return redirect(url_for("account_mails.index"), 303)
