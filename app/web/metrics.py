"""`/metrics` on the port of everything else, for whoever has `METRICS_TOKEN`."""

from dataclasses import dataclass
from hmac import compare_digest

from flask import Blueprint, Request, Response, request

from app.domain.errors import NotFound
from app.http import request_context
from app.http.guards import Guard
from app.services.runtime import Runtime

blueprint = Blueprint("metrics", __name__)


@dataclass(frozen=True)
class RequireMetricsToken(Guard):
    """The bearer token in `METRICS_TOKEN`. While it is not set, the route is not there."""

    def admit(self, request: Request, runtime: Runtime) -> Response | None:
        token = runtime.settings.metrics_token
        if token is None:
            raise NotFound
        scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and compare_digest(sent.strip().encode(), token.reveal().encode()):
            return None
        said = "Send METRICS_TOKEN as a bearer token: Authorization: Bearer TOKEN\n"
        return Response(said, 401, {"WWW-Authenticate": "Bearer"}, content_type="text/plain; charset=utf-8")


@blueprint.get("/metrics")
@RequireMetricsToken()
def show() -> Response:
    from prometheus_client.exposition import choose_encoder  # noqa: PLC0415

    from app.services import metrics_exposition  # noqa: PLC0415

    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(metrics_exposition.registry(request_context.runtime())), content_type=content_type)
