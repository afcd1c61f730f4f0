"""Probes."""

from flask import Blueprint

from app.http.guards import Public
from app.services import health

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@Public("a probe; it says nothing but that the process lives")
def alive() -> dict[str, str]:
    return {"status": "alive"}


@blueprint.get("/readyz")
@Public("a probe; it says nothing but that the database answers")
def ready() -> dict[str, str]:
    health.database_answers()
    return {"status": "ready"}
