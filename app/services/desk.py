"""What every use case needs and may not fetch by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.config import Settings
from app.domain.derived_keys import KeyDeriver
from app.domain.one_time import CodeMaker, LinkSigner
from app.services.foreign_keys import ForeignKeys
from app.services.usage import UsageRecorder


@dataclass(frozen=True)
class Desk:
    """Settings, clock and the in-memory parts of one process. `create_app` makes it; tests set its clock."""

    settings: Settings
    clock: Callable[[], datetime]
    links: LinkSigner
    codes: CodeMaker
    derived: KeyDeriver
    usage: UsageRecorder
    foreign_keys: ForeignKeys
