"""`RouteDocs`: what a route adds to the API description, as a decorator on its view."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from app.domain.errors import DomainError
from app.http.request_body import Body, Form

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class RouteDocs:
    """Everything that the guard, the path, the docstring and the return type of the view do not say."""

    #: The type of a successful response. None: the view's return type.
    answer: Any = None
    status: int = 200
    #: The model of the request body. None: the view reads no body.
    body: type[Body] | None = None
    #: An example request body. A test sends it.
    example: Mapping[str, Any] = field(default_factory=dict)
    #: The default of `?limit`, for a route with `?limit` and `?cursor`. None: no pagination.
    paging: int | None = None
    #: Further query parameters, all optional, with their descriptions; those of the guard are its own.
    query: Mapping[str, str] = field(default_factory=dict)
    #: Errors in addition to those of the guard and the body.
    errors: tuple[type[DomainError], ...] = ()
    #: The types of error responses that are not problem+json, by status.
    other_errors: Mapping[int, Any] = field(default_factory=dict)
    #: Successful responses without a body, by status, with their descriptions.
    empty: Mapping[int, str] = field(default_factory=dict)

    def __call__(self, view: View) -> View:
        setattr(view, "route_docs", self)  # noqa: B010 -- views are the registry, as for guards
        return view

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the query parameters that the view reads."""
        return (*(("limit", "cursor") if self.paging is not None else ()), *self.query)

    @property
    def refuses_unknown_parameters(self) -> bool:
        """The form-encoded requests of OAuth (RFC 6749 3.2) ignore them."""
        return self.body is None or not issubclass(self.body, Form)

    def answer_of(self, view: Callable[..., Any]) -> Any:
        """The type of a successful response. `Answer[X]` is a body of type X and a status."""
        answer = self.answer or get_type_hints(view)["return"]
        return get_args(answer)[0] if get_origin(answer) is tuple else answer
