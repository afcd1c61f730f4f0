"""What every use case needs and may not fetch by itself."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from threading import Semaphore

from app.config import Settings
from app.domain.one_time_secrets import CodeMaker, LinkSigner
from app.domain.recoverable_keys import KeyDeriver
from app.services.key_cache import KeyCache
from app.services.key_rate_limits import KeyRateLimits
from app.services.usage import UsageRecorder
from app.store.key_records import KeyRecords


@dataclass(frozen=True)
class Runtime:
    """Settings, clock and the in-memory parts of one process. `create_app` makes it; tests set its clock."""

    settings: Settings
    clock: Callable[[], datetime]
    links: LinkSigner
    codes: CodeMaker
    key_deriver: KeyDeriver
    usage: UsageRecorder
    key_records: KeyRecords
    key_cache: KeyCache
    key_rate_limits: KeyRateLimits
    #: Turns of those who revoke; each holds a thread while it waits.
    revocation_turns: Semaphore
    #: What a use case outside of a request or command stands in: the database session's home.
    context: Callable[[], AbstractContextManager[object]]
