"""The ID of the request that this thread answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: Empty outside of requests.
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")


@contextmanager
def answering(request_id: str) -> Iterator[None]:
    """What is logged inside has this ID."""
    before = REQUEST_ID.set(request_id)
    try:
        yield
    finally:
        REQUEST_ID.reset(before)
