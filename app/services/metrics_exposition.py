"""The figures in Prometheus' text formats, by its own library."""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from app.services import metrics
from app.services.counters import BUCKETS
from app.services.metrics import Family
from app.services.runtime import Runtime

_LIMITS = [*map(floatToGoString, BUCKETS), "+Inf"]
_KINDS: dict[str, Any] = {
    "counter": CounterMetricFamily,
    "gauge": GaugeMetricFamily,
    "histogram": HistogramMetricFamily,
}


class _Figures(Collector):
    """Reads the figures when it is asked."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterator[Metric]:
        by_process = self._runtime.metrics_processes.all(metrics.of_process(self._runtime))
        for family in metrics.OF_PROCESSES:
            metric = _KINDS[family.kind](family.name, family.doc, labels=[*family.labels, "worker"])
            for number, figures in by_process.items():
                for labels, figure in figures.get(family.name, ()):
                    _add(metric, family, [*labels, number], figure)
            yield metric
        of_all = metrics.of_all(self._runtime)
        for family in metrics.OF_ALL:
            metric = _KINDS[family.kind](family.name, family.doc, labels=family.labels)
            for labels, figure in of_all.get(family.name, ()):
                _add(metric, family, labels, figure)
            yield metric


def _add(metric: Any, family: Family, labels: list[str], figure: Any) -> None:
    if family.kind == "histogram":
        counts, seconds = figure
        metric.add_metric(labels, list(zip(_LIMITS, accumulate(counts), strict=True)), seconds)
    else:
        metric.add_metric(labels, figure)


def registry(runtime: Runtime) -> CollectorRegistry:
    """Holds the figures of Keydesk and nothing else: the library's own are of one process only."""
    found = CollectorRegistry(auto_describe=False)
    found.register(_Figures(runtime))
    return found
