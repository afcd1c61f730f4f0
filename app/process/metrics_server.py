"""`/metrics` on a port of its own (`METRICS_BIND`)."""

import errno
import logging

from prometheus_client import start_http_server

from app.services import metrics_exposition
from app.services.runtime import Runtime

log = logging.getLogger("keydesk")


class MetricsServer:
    """Of all processes one has the port, and answers for all. The others try again, and so take over when it ends."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._is_serving = False

    def ensure(self) -> None:
        """Serves, unless another process does. Raises `OSError` for an address at which nobody could."""
        bind = self._runtime.settings.metrics_bind
        if bind is None or self._is_serving:
            return
        host, port = bind
        try:
            start_http_server(port, host, metrics_exposition.registry(self._runtime))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            self._is_serving = True
