"""Request IDs, by which a request is found in the log."""

import os
import re
from itertools import count
from wsgiref.types import WSGIEnvironment

_process, _requests = os.urandom(6).hex(), count()


def _name_process() -> None:
    globals()["_process"] = os.urandom(6).hex()


#: What an ID of a proxy may be: nginx, Caddy, Envoy, Traefik and AWS make such ones. No quote, blank or bracket, which
#: a log could take for something else, no @, and no _, which every key of ours has.
_is_kept = re.compile(r"[A-Za-z0-9.:=-]{1,64}").fullmatch

os.register_at_fork(after_in_child=_name_process)


def new_request_id() -> str:
    """A new request ID. It is not a secret, so the process's random name and a counter are enough."""
    return f"{_process}-{next(_requests)}"


def request_id(environ: WSGIEnvironment, hops: int) -> str:
    """The ID of this request: the one that a trusted proxy sent, or a new one if there is none, it is too long, or it
    has other characters."""
    if hops and (sent := environ.get("HTTP_X_REQUEST_ID")) and _is_kept(sent):
        return str(sent)
    return new_request_id()
