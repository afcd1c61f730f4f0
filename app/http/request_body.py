"""Reads request bodies and query parameters, and checks their types and names."""

import codecs
import re
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, ClassVar, TypeVar

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from app.domain import paging
from app.domain.errors import MalformedJson, UnsupportedMediaType, ValidationFailed

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:[0-5]\d)", re.ASCII | re.IGNORECASE)


def _moment(value: object) -> datetime:
    with suppress(ValueError):
        if isinstance(value, str) and _RFC3339.fullmatch(value):
            # Python 3.11 cuts a fraction off after microseconds, but reads capital letters only.
            return datetime.fromisoformat(value.upper())
    raise ValueError("must be a time like 2027-01-31T12:00:00Z")


#: A time in a request body, in RFC 3339. Other formats and numbers are refused.
Moment = Annotated[datetime, BeforeValidator(_moment)]


class Body(BaseModel):
    """The base class of JSON request bodies: exact types, no unknown fields."""

    model_config = ConfigDict(extra="forbid", strict=True)
    media_type: ClassVar[str] = "application/json"


class Form(Body):
    """The base class of form-encoded requests. Unknown parameters are ignored (RFC 6749 3.2)."""

    model_config = ConfigDict(extra="ignore")
    media_type: ClassVar[str] = "application/x-www-form-urlencoded"


_FORM_TYPES = frozenset({Form.media_type, "multipart/form-data"})

Parsed = TypeVar("Parsed", bound=Body)
ParsedForm = TypeVar("ParsedForm", bound=Form)


def read_json(model: type[Parsed], *, optional: bool = False) -> Parsed:
    """The body as `model`. With `optional`, no body means an empty object; whitespace sent as JSON is a body.

    Raises `MalformedJson`, `UnsupportedMediaType`, and `ValidationFailed` naming the fields.
    """
    environ = request.environ
    # Read directly: `request_checks` has limited the length, which Werkzeug's stream would do again.
    raw: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    # Windows programs write it, and RFC 8259 8.1 lets us read over it.
    raw = raw.removeprefix(codecs.BOM_UTF8)
    is_json = environ.get("CONTENT_TYPE") == "application/json" or request.is_json
    if optional and not raw.strip() and not (raw and is_json):
        raw = b"{}"
    elif not is_json:
        raise UnsupportedMediaType
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
    if problems[0]["type"] == "json_invalid":
        raise MalformedJson
    raise ValidationFailed(
        {".".join(str(part) for part in problem["loc"]) or "body": _sentence(model, problem) for problem in problems}
    )


def read_form(model: type[ParsedForm]) -> ParsedForm:
    """The form as `model`. Raises `ValidationFailed` for a body that is not a form, and for a parameter that is missing
    or sent twice. An empty parameter counts as missing (RFC 6749 3.2)."""
    if request.content_length and request.mimetype not in _FORM_TYPES:
        raise ValidationFailed(
            {"body": f"must be form-encoded; send it with the header Content-Type: {Form.media_type}"}
        )
    sent = {name: [value for value in request.form.getlist(name) if value] for name in model.model_fields}
    problems = {name: "was sent more than once" for name in sent if len(request.form.getlist(name)) > 1}
    problems |= {
        name: "is missing" for name, field in model.model_fields.items() if field.is_required() and not sent[name]
    }
    if problems:
        raise ValidationFailed(problems)
    return model(**{name: values[0] for name, values in sent.items() if values})


def read_paging(default: int) -> tuple[int, str | None]:
    """`?limit` and `?cursor`. Raises `ValidationFailed` for a bad limit."""
    raw = request.args.get("limit")
    if raw is None:
        limit = default
    elif raw.isascii() and raw.isdigit() and 1 <= int(raw[:5]) <= paging.MAX_LIMIT and len(raw) < 5:
        limit = int(raw)
    else:
        raise ValidationFailed({"limit": f"must be a whole number from 1 to {paging.MAX_LIMIT}"})
    return limit, request.args.get("cursor")


def read_moment(name: str) -> datetime | None:
    """The time in a query parameter. Raises `ValidationFailed` naming it."""
    raw = request.args.get(name)
    if raw is None:
        return None
    try:
        return _moment(raw)
    except ValueError as error:
        raise ValidationFailed({name: str(error)}) from None


def _sentence(model: type[Body], problem: Any) -> str:
    kind, place = problem["type"], problem["loc"][:-1]
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden" and place:
        return f"is not a field of {place[-1]}"
    if kind == "extra_forbidden":
        return f"is not a field of this request. Its fields: {', '.join(model.model_fields) or 'none'}"
    message = problem["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
