"""The shapes of JSON responses: `{"data": …}`, and lists with a cursor."""

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from flask import Response
from flask.json.provider import DefaultJSONProvider
from pydantic_core import to_json
from typing_extensions import TypedDict

from app.domain.paging import Page
from app.http.field_types import field


class Json(DefaultJSONProvider):
    """Keeps the order of fields and writes non-ASCII characters as they are. Pydantic does the writing, in a third of
    the time."""

    sort_keys = False
    ensure_ascii = False

    def response(self, *args: Any, **kwargs: Any) -> Response:
        content = args[0] if args else kwargs
        return Response(to_json(content) + b"\n", mimetype=self.mimetype)


Item = TypeVar("Item")
Content = TypeVar("Content")
#: A body and its status.
Answer = tuple[Content, int]


class Data(TypedDict, Generic[Content]):
    data: Content


class Listing(TypedDict, Generic[Content]):
    data: list[Content]
    next_cursor: Annotated[str | None, field("The `cursor` of the next page. Null: this is the last page.")]


def data(content: Content, status: int = 200) -> Answer[Data[Content]]:
    return {"data": content}, status


def listing(page: Page[Item], render: Callable[[Item], Content]) -> Answer[Listing[Content]]:
    return {"data": [render(item) for item in page.items], "next_cursor": page.next_cursor}, 200
