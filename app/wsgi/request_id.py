"""Request ids, to find a request in the log by."""

import os
from itertools import count

_process, _requests = os.urandom(6).hex(), count()


def _name_process() -> None:
    globals()["_process"] = os.urandom(6).hex()


os.register_at_fork(after_in_child=_name_process)


def new_request_id() -> str:
    """To find a request in the log by; no secret, so the process's random name and a number will do."""
    return f"{_process}-{next(_requests)}"
