"""What `/metrics` exposes: its names, and where each figure comes from."""

import platform
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.config import VERSION
from app.domain.key_verification import OUTCOMES, Outcome
from app.services.counters import Timed
from app.services.metrics_processes import Figures
from app.services.runtime import Runtime
from app.store import outbox, ping
from app.store.database_errors import DATABASE_UNAVAILABLE

_STARTED = time.time()


@dataclass(frozen=True, slots=True)
class Family:
    """A metric. `kind`: counter, gauge or histogram. `name`: without the `_total` of a counter."""

    name: str
    kind: str
    doc: str
    labels: tuple[str, ...] = ()


#: Of each process; they also have the label `worker`.
OF_PROCESSES = (
    Family("keydesk_verifications", "counter", "Verifications of keys", ("face", "outcome")),
    Family("keydesk_verification_duration_seconds", "histogram", "How long verifications took", ("face",)),
    Family("keydesk_key_cache_hits", "counter", "Keys found in the cache under a lease that was good"),
    Family("keydesk_key_cache_reads", "counter", "Keys looked up in the database"),
    Family("keydesk_key_cache_records", "gauge", "Keys in the cache"),
    Family("keydesk_lease_renewals", "counter", "Renewals of the lease", ("result",)),
    Family("keydesk_lease_renewal_duration_seconds", "histogram", "How long renewals of the lease took"),
    Family("keydesk_lease_age_seconds", "gauge", "Since the last renewal; there are none while no key is verified"),
    Family("keydesk_usage_flushes", "counter", "Writes of request counts to the database", ("result",)),
    Family("keydesk_usage_flush_duration_seconds", "histogram", "How long these writes took"),
    Family("keydesk_usage_backlog", "gauge", "Counts, each of a key, an outcome and an hour, that are not written yet"),
    Family("keydesk_usage_backlog_age_seconds", "gauge", "How long counts have waited to be written, at most"),
    Family("keydesk_database_connections", "gauge", "Connections of the pool", ("state",)),
    Family("keydesk_database_connections_max", "gauge", "Connections that may be in use"),
    Family("keydesk_database_errors", "counter", "How often the database was found unavailable", ("during",)),
    Family("keydesk_limiter_refusals", "counter", "Requests refused by a rate limit, of a key or another", ("limit",)),
    Family("keydesk_limiter_failures", "counter", "How often Valkey did not respond"),
    Family("keydesk_credits_refusals", "counter", "Requests refused because credits were used up"),
    Family("keydesk_mail_deliveries", "counter", "Attempts to deliver a mail", ("result",)),
    Family("keydesk_mail_delivery_duration_seconds", "histogram", "How long these attempts took"),
    Family("keydesk_process_start_time_seconds", "gauge", "When the process started, in seconds since 1970"),
    Family("keydesk_process_resident_memory_bytes", "gauge", "Memory of the process"),
)
#: The same whichever process is asked.
OF_ALL = (
    Family("keydesk_build_info", "gauge", "Always 1", ("version", "python", "database")),
    Family("keydesk_database_up", "gauge", "Whether the database answered just now: 1 or 0"),
    Family("keydesk_outbox_mails", "gauge", "Mails that were not sent, as long as they are kept", ("state",)),
    Family("keydesk_outbox_oldest_age_seconds", "gauge", "How long the oldest mail waits that is still to be sent"),
)


def of_process(runtime: Runtime) -> Figures:
    """The figures of this process. Metrics with a label for what happened have 0 for what did not, so that Prometheus
    sees the first time."""
    counters, cache, usage = runtime.counters, runtime.key_cache, runtime.usage
    faces = {
        "forward_auth": counters.forward_auth,
        "own_routes": counters.own_routes,
        "keys_verify": counters.keys_verify,
    }
    outcomes = {face: _outcomes(timed) for face, timed in faces.items()}
    backlog, backlog_age = usage.backlog()
    return {
        "keydesk_verifications": [
            ([face, outcome], count) for face, counts in outcomes.items() for outcome, count in sorted(counts.items())
        ],
        "keydesk_verification_duration_seconds": [([face], timed.times()) for face, timed in faces.items()],
        "keydesk_key_cache_hits": _one(cache.hits),
        "keydesk_key_cache_reads": _one(cache.reads),
        "keydesk_key_cache_records": _one(cache.records()),
        "keydesk_lease_renewals": _each({"ok": 0, "failed": 0} | cache.renewals.counts()),
        "keydesk_lease_renewal_duration_seconds": [([], cache.renewals.times())],
        "keydesk_lease_age_seconds": _one(cache.lease_age()),
        "keydesk_usage_flushes": _each({"ok": 0, "failed": 0} | usage.flushes.counts()),
        "keydesk_usage_flush_duration_seconds": [([], usage.flushes.times())],
        "keydesk_usage_backlog": _one(backlog),
        "keydesk_usage_backlog_age_seconds": _one(backlog_age),
        **_connections(runtime),
        "keydesk_database_errors": _each(
            {"request": 0, "verification": 0, "job": 0} | counters.database_errors.counts()
        ),
        "keydesk_limiter_refusals": _each(
            {"keys": _total(outcomes, Outcome.RATE_LIMITED), "requests": 0} | counters.limiter.counts()
        ),
        "keydesk_limiter_failures": _one(runtime.key_rate_limits.failures),
        "keydesk_credits_refusals": _one(_total(outcomes, Outcome.CREDITS_EXHAUSTED)),
        "keydesk_mail_deliveries": _each({"sent": 0, "failed": 0} | counters.mail.counts()),
        "keydesk_mail_delivery_duration_seconds": [([], counters.mail.times())],
        "keydesk_process_start_time_seconds": _one(_STARTED),
        "keydesk_process_resident_memory_bytes": _one(_resident_bytes()),
    }


def of_all(runtime: Runtime) -> Figures:
    """What the database says, if it answers, and what is running."""
    kind = "sqlite" if runtime.settings.is_sqlite else "postgresql"
    build = {"keydesk_build_info": [([VERSION, platform.python_version(), kind], 1)]}
    try:
        with runtime.context():
            unsent, failing, given_up, _ = outbox.backlog()
            oldest = outbox.oldest_waiting()
    except DATABASE_UNAVAILABLE:
        return {**build, "keydesk_database_up": _one(0)}
    waited = (runtime.clock() - oldest).total_seconds() if oldest else 0.0
    return {
        **build,
        "keydesk_database_up": _one(1),
        "keydesk_outbox_mails": _each({"waiting": unsent - failing, "failing": failing, "given_up": given_up}),
        "keydesk_outbox_oldest_age_seconds": _one(waited),
    }


def _one(number: float | None) -> list[tuple[list[str], float]]:
    return [] if number is None else [([], number)]


def _each(numbers: dict[str, int]) -> list[tuple[list[str], int]]:
    return [([label], number) for label, number in numbers.items()]


def _outcomes(timed: Timed) -> dict[str, int]:
    """By outcome; what has none is named by its error code."""
    counts = {outcome.value: 0 for outcome in Outcome}
    for ending, count in timed.counts().items():
        outcome = OUTCOMES.get(ending, ending)
        counts[outcome] = counts.get(outcome, 0) + count
    return counts


def _total(outcomes: dict[str, dict[str, int]], outcome: Outcome) -> int:
    return sum(counts[outcome.value] for counts in outcomes.values())


def _connections(runtime: Runtime) -> Figures:
    with runtime.context():
        used, idle, most = ping.connections()
    return {
        "keydesk_database_connections": _each({"in_use": used, "idle": idle}),
        "keydesk_database_connections_max": _one(most),
    }


def _resident_bytes() -> int | None:
    """None: this system does not say."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return None
