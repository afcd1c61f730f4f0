"""Background jobs: flush usage, queue and send mail, delete old rows, check audit logs."""

import atexit
import gc
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.util import Finalize
from threading import Event, Thread

from flask import Flask

from app.logs import setup as logs
from app.mail import deliverer
from app.process import graceful_shutdown
from app.process.metrics_server import MetricsServer
from app.services import (
    audit_checks,
    audit_seal_mails,
    database_file,
    expiry_notices,
    key_change_notices,
    metrics,
    outbox,
    retention,
    rotation_overlap,
    usage_recorder,
)
from app.services.runtime import Runtime
from app.services.usage_processes import UsageWriter

log = logging.getLogger("keydesk")

MAIL_SECONDS = 1.0
METRICS_SECONDS = 1.0
HOUSEKEEPING_SECONDS = 3600.0
REPLACED_KEYS_SECONDS = 60.0
AUDIT_CHECKS_SECONDS = 300.0
NOTICES_SECONDS = 60.0
ORPHAN_SECONDS = 1.0
REPEATED_FAULTS_SECONDS = 5.0


class Background:
    """One thread for each job, so that a slow mail server does not delay usage counts. Start it once in every server
    process."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._runtime: Runtime = app.extensions["runtime"]
        self._usage = UsageWriter()
        self._metrics = MetricsServer(self._runtime)
        self._stopping = Event()
        self._threads: list[Thread] = []

    def start(self) -> None:
        # Objects from the start live as long as the process. They are exempt from garbage collection, because a full
        # collection that looked at all of them would block every request for a tenth of a second.
        gc.collect()
        gc.freeze()
        gc.set_threshold(5_000, 1, 1_000)
        with self._app.app_context():
            database_file.hold(self.end_service)
        jobs = [
            ("database-file", database_file.watch, database_file.WATCH_SECONDS),
            ("usage", self.flush_usage, usage_recorder.FLUSH_SECONDS),
            ("housekeeping", self.prune, HOUSEKEEPING_SECONDS),
            ("replaced-keys", self.look_after_replaced_keys, REPLACED_KEYS_SECONDS),
            ("audit-checks", self.check_audit_logs, AUDIT_CHECKS_SECONDS),
            ("repeated-faults", logs.tell_repeats, REPEATED_FAULTS_SECONDS),
        ]
        if self._runtime.settings.has_mail:
            jobs.append(("mail", self.send_mail, MAIL_SECONDS))
            # One thread for each, so that a fault in one kind does not keep back the others.
            jobs += [
                ("key-change-notices", self.queue_key_change_notices, NOTICES_SECONDS),
                ("expiry-notices", self.queue_expiry_notices, NOTICES_SECONDS),
                ("audit-seal-mails", self.queue_audit_seal_mails, NOTICES_SECONDS),
            ]
        if self._runtime.settings.has_metrics:
            jobs.append(("metrics", self.share_metrics, METRICS_SECONDS))
        if multiprocessing.parent_process() is not None:
            jobs.append(("orphan", self.end_with_parent, ORPHAN_SECONDS))
            graceful_shutdown.notice()
        for name, job, seconds in jobs:
            thread = Thread(target=self._repeat, args=(job, seconds), name=f"keydesk-{name}", daemon=True)
            thread.start()
            self._threads.append(thread)
        # Worker processes end through multiprocessing's finalizers, others through atexit. `stop` runs only once.
        atexit.register(self.stop)
        Finalize(None, self.stop, exitpriority=10)

    def stop(self) -> None:
        """Stops the threads and writes what is still in memory, so that a graceful stop loses no counts."""
        if self._stopping.is_set():
            return
        self._leave_lost_database()
        self._stopping.set()
        # Before waiting for the threads: a mail server that hangs must not use up the time for a graceful stop.
        self._run(self.end_usage)
        for thread in self._threads:
            thread.join(timeout=3)
        logs.tell_repeats(all_of_them=True)

    def end_service(self) -> None:
        """Everything is refused from now on: only a person knows which database is the right one."""
        log.critical(
            "out of service until restarted: the database file, its -wal or its -shm was removed or replaced while it"
            " was open"
        )
        self._app.extensions["out_of_service"]()

    def _leave_lost_database(self) -> None:
        """Ends the process without closing connections: the last one to be closed would write to what is now at the
        path, or remove it."""
        with self._app.app_context():
            database_file.watch()
            if database_file.is_lost():
                os._exit(0)

    def flush_usage(self) -> None:
        self._usage.flush(self._runtime)

    def end_usage(self) -> None:
        self._usage.end(self._runtime)

    def send_mail(self) -> None:
        deliver = deliverer(self._app, self._runtime.settings)
        while not self._stopping.is_set() and outbox.send_next(self._runtime, deliver):
            pass

    def prune(self) -> None:
        retention.prune(self._runtime)

    def look_after_replaced_keys(self) -> None:
        rotation_overlap.end_idle(self._runtime)
        rotation_overlap.warn(self._runtime)

    def check_audit_logs(self) -> None:
        audit_checks.run(self._runtime)

    def queue_key_change_notices(self) -> None:
        key_change_notices.tell(self._runtime)

    def queue_expiry_notices(self) -> None:
        expiry_notices.tell(self._runtime)

    def queue_audit_seal_mails(self) -> None:
        audit_seal_mails.send(self._runtime)

    def share_metrics(self) -> None:
        self._runtime.metrics_processes.share(metrics.of_process(self._runtime))
        self._metrics.ensure()

    def end_with_parent(self) -> None:
        """Stops a worker whose server was killed: it would go on serving the server's port."""
        parent = multiprocessing.parent_process()
        if parent is not None and os.getppid() != parent.pid:
            os.kill(os.getpid(), signal.SIGTERM)

    def _repeat(self, job: Callable[[], None], seconds: float) -> None:
        self._run(job)
        while not self._stopping.wait(seconds):
            self._run(job)

    def _run(self, job: Callable[[], None]) -> None:
        try:
            with self._app.app_context():
                job()
        except database_file.DatabaseGone:
            pass  # was logged when it was noticed
        except Exception as error:
            if not self._runtime.counters.note_database_error(error, "job"):
                fields = {"event": "job.failed", "job": job.__name__}
                log.exception("background job failed; it will be tried again", extra=fields)
