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
        self._is_serving = self._has_complained = False

    def ensure(self) -> None:
        """Serves, unless another process does. If the address cannot be used, says so once and tries again next time:
        an address of a network may come later than Keydesk."""
        bind = self._runtime.settings.metrics_bind
        if bind is None or self._is_serving:
            return
        host, port = bind
        try:
            start_http_server(port, host, metrics_exposition.registry(self._runtime))
        except OSError as error:
            if error.errno != errno.EADDRINUSE and not self._has_complained:
                self._has_complained = True
                log.error(
                    "/metrics is not served at METRICS_BIND, %s port %s: %s",
                    host,
                    port,
                    error,
                    extra={"event": "metrics.not_served"},
                )
        else:
            self._is_serving = True
