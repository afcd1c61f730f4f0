"""Credits of the key's organization."""

from flask import Blueprint

from app.http import context
from app.http.guards import AnyKey
from app.services import credits

blueprint = Blueprint("api_credits", __name__)


@blueprint.get("/credits/balance")
@AnyKey()
def balance() -> dict[str, int]:
    """What is left, what was used, and what was granted."""
    found = credits.balance(context.key().org_id)
    return {"balance": found.balance, "used": found.used, "granted": found.granted}
