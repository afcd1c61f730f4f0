"""The forms of a JSON answer."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask.json.provider import DefaultJSONProvider

from app.domain.paging import Page


class Json(DefaultJSONProvider):
    """Fields stand in the order of the contract, and letters as they are."""

    sort_keys = False
    ensure_ascii = False


Item = TypeVar("Item")
Answer = tuple[dict[str, Any], int]


def data(content: Any, status: int = 200) -> Answer:
    return {"data": content}, status


def listing(page: Page[Item], render: Callable[[Item], Any]) -> Answer:
    return {"data": [render(item) for item in page.items], "next_cursor": page.next_cursor}, 200
