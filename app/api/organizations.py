"""Organizations of the signed-in person."""

from flask import Blueprint

from app.api.answers import Answer, listing
from app.domain.paging import Page
from app.http import context
from app.http.guards import SignedIn
from app.services import organizations

blueprint = Blueprint("api_organizations", __name__)


@blueprint.get("/orgs")
@SignedIn()
def index() -> Answer:
    """The caller's organizations and their role in each."""
    found = organizations.of_person(context.person().id)
    return listing(Page(found, None), lambda org: {"id": org.id, "name": org.name, "role": org.role.value})
