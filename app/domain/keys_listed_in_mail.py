"""The keys that a mail lists, as they are kept until it is sent."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from app.domain.rfc3339 import rfc3339

#: A mail names so many keys, and says how many more there are.
MOST = 20


@dataclass(frozen=True, slots=True)
class MailedKey:
    """`shown`: how the key begins and ends. `what` and `at`: what the mail says about it, and of when. `by`: who did
    it, `gains`: what the key gained by it; empty: nobody, nothing."""

    org_id: str
    key_id: str
    name: str
    shown: str
    what: str
    at: datetime
    by: str = ""
    gains: str = ""


@dataclass(frozen=True, slots=True)
class MailedKeys:
    """`total` counts those that are not listed, too."""

    listed: Sequence[MailedKey]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.listed)


def pack(listed: Sequence[MailedKey], total: int) -> str:
    """As one text. Of the keys the first `MOST` are kept."""
    kept = [asdict(key) | {"at": rfc3339(key.at)} for key in listed[:MOST]]
    return json.dumps({"keys": kept, "total": total})


def unpack(text: str) -> MailedKeys:
    packed = json.loads(text)
    listed = [MailedKey(**(key | {"at": datetime.fromisoformat(key["at"])})) for key in packed["keys"]]
    return MailedKeys(listed, packed["total"])
