"""Health probes: `/healthz` (the process is alive) and `/readyz` (the database answers)."""

from flask import Blueprint

from app.http.guards import Public
from app.services import health

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@Public("a probe; it only says that the process is alive")
def alive() -> dict[str, str]:
    return {"status": "alive"}


@blueprint.get("/readyz")
@Public("a probe; it only says that the database answers")
def ready() -> dict[str, str]:
    health.database_answers()
    return {"status": "ready"}
