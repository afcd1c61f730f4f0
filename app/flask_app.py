"""Flask as we use it."""

from collections.abc import Callable
from typing import Any

from flask import Flask


class Keydesk(Flask):
    """No view and no hook of ours is a coroutine, and Flask's asking costs every request as much as its guard does."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func
