"""The cookie of a browser that has signed in before: a mark for each address. It signs nobody in and does not tell the
addresses: it keeps the browser a share of the mails that may be sent to them (`services.sign_in_limits`)."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence

from app.domain.secret import Secret

#: A browser remembers this many addresses; the one that it signed in with longest ago goes first.
MAX_MARKS = 5
_SEPARATOR = "."


def marked(cookie: str, email: str, keys: Sequence[Secret]) -> str:
    """The cookie of a browser that signed in with `email`. `keys`: those in force, the one to sign with last."""
    mark = _mark(email, keys[-1])
    others = [other for other in _marks(cookie) if other not in set(_all_marks(email, keys))]
    return _SEPARATOR.join([mark, *others][:MAX_MARKS])


def is_known(cookie: str, email: str, keys: Sequence[Secret]) -> bool:
    """Whether the browser with this cookie has signed in with `email`."""
    ours = _all_marks(email, keys)
    found = [hmac.compare_digest(one, other) for one in _marks(cookie) for other in ours]
    return any(found)


def _marks(cookie: str) -> list[str]:
    return [mark for mark in cookie.split(_SEPARATOR)[:MAX_MARKS] if mark.isascii()]


def _all_marks(email: str, keys: Iterable[Secret]) -> list[str]:
    return [_mark(email, key) for key in keys]


def _mark(email: str, key: Secret) -> str:
    own = hmac.digest(key.reveal().encode(), b"keydesk.known-browsers", hashlib.sha256)
    return hmac.digest(own, email.encode(), hashlib.sha256).hex()
