"""Request IDs, by which a request is found in the log."""

import os
from itertools import count

_process, _requests = os.urandom(6).hex(), count()


def _name_process() -> None:
    globals()["_process"] = os.urandom(6).hex()


os.register_at_fork(after_in_child=_name_process)


def new_request_id() -> str:
    """A new request ID. It is not a secret, so the process's random name and a counter are enough."""
    return f"{_process}-{next(_requests)}"
