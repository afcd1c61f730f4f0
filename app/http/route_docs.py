"""What a route says of itself to programs, beside the view; `app/api/description` makes OpenAPI of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from app.domain.errors import DomainError
from app.http.body import Body

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class RouteDocs:
    """Everything that cannot be read off the guard, the address, the docstring and the view's return type."""

    #: What a success answers: a type. None: what the view's return type says.
    answer: Any = None
    status: int = 200
    #: The model that the view reads its body as. None: it reads none.
    body: type[Body] | None = None
    #: A request that works: the fields of the body. A test sends it.
    example: Mapping[str, Any] = field(default_factory=dict)
    #: The default of `?limit`, for a route that pages by `?limit` and `?cursor`.
    paging: int | None = None
    #: Further query parameters, all optional, and what they are for.
    query: Mapping[str, str] = field(default_factory=dict)
    #: What can go wrong beyond what the guard and the body bring along.
    errors: tuple[type[DomainError], ...] = ()
    #: The type of the errors that are no problem+json, by status.
    other_errors: Mapping[int, Any] = field(default_factory=dict)
    #: Successes without a body, by status, and when they happen.
    empty: Mapping[int, str] = field(default_factory=dict)
    #: For people: its answers are HTML.
    is_page: bool = False

    def __call__(self, view: View) -> View:
        setattr(view, "route_docs", self)  # noqa: B010 -- views are the registry, as for guards
        return view

    def answer_of(self, view: Callable[..., Any]) -> Any:
        """The type of a success; `Answer[X]` is a body and a status."""
        answer = self.answer or get_type_hints(view)["return"]
        return get_args(answer)[0] if get_origin(answer) is tuple else answer
