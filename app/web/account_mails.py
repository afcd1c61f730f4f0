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
    return render_template("account/mails.html", wanted=mail_choices.wanted(request_context.person().id))


@blueprint.post("")
@RequireSignIn()
def choose() -> Response:
    mail_choices.choose(request_context.person().id, request.form.getlist("kind"))
    flash("Your choice of mails is saved.")
    return redirect(url_for("account_mails.index"), 303)
