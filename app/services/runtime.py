"""What use cases need and must not create themselves."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from app.config import Settings
from app.domain.one_time_secrets import CodeMaker, LinkSigner
from app.domain.sign_up_key_derivation import KeyDeriver
from app.services.counters import Counters
from app.services.fair_revocation_queue import RevocationQueue
from app.services.key_cache import KeyCache
from app.services.key_rate_limits import KeyRateLimits
from app.services.keys_needing_attention import KeysNeedingAttention
from app.services.metrics_processes import MetricsProcesses
from app.services.usage import UsageRecorder
from app.store.verification_queries import KeyRecords


@dataclass(frozen=True)
class Runtime:
    """Settings, clock and in-memory parts of one process. `create_app` creates it; tests set its clock."""

    settings: Settings
    clock: Callable[[], datetime]
    links: LinkSigner
    codes: CodeMaker
    key_deriver: KeyDeriver
    usage: UsageRecorder
    counters: Counters
    metrics_processes: MetricsProcesses
    key_records: KeyRecords
    key_cache: KeyCache
    key_rate_limits: KeyRateLimits
    revocation_queue: RevocationQueue
    keys_needing_attention: KeysNeedingAttention
    #: The application context, which a use case outside a request or command needs for its database session.
    context: Callable[[], AbstractContextManager[object]]
