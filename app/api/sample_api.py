"""The sample API: in dev mode, it answers the routes of the shipped policy that belong to the API in the examples, so
that a new key opens something. It speaks no WebSocket."""

from collections.abc import Callable
from typing import Annotated, Any

from flask import Blueprint, Flask, Response, current_app, request
from pydantic import Field
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Data, data
from app.config import Settings
from app.domain.errors import NotFound
from app.domain.rfc3339 import rfc3339
from app.http import request_context
from app.http.field_types import NoteId, Time, field
from app.http.guards import RequireScope
from app.http.request_body import Body, read_json
from app.http.route_docs import RouteDocs
from app.services import sample_notes
from app.services.sample_notes import SampleNotes

_GUARD = RequireScope(is_sample=True)
_EXAMPLE = {"text": "Buy milk"}

Text = Annotated[str, field("The note.", "Buy milk", minLength=1, maxLength=1000)]


class NoteText(Body):
    text: Annotated[Text, Field(min_length=1, max_length=1000)]


class NoteItem(TypedDict):
    id: NoteId
    text: Text
    created_at: Time


class Heard(TypedDict):
    bytes: Annotated[int, field("The length of the body.", 1024)]
    content_type: Annotated[str | None, field("The body's `Content-Type`. Null: none was sent.", "audio/wav")]
    model: Annotated[str | None, field("The `model` in the query. Null: none was sent.", "tiny.en")]


@_GUARD
@RouteDocs()
def index() -> Answer[Data[list[NoteItem]]]:
    """List the sample notes

    The newest first. Dev mode only: the notes are in memory, and an organization keeps its last 100.
    """
    return data([_item(note) for note in _notes().newest_first(_org_id())])


@_GUARD
@RouteDocs(status=201, body=NoteText, example=_EXAMPLE)
def create() -> Answer[Data[NoteItem]]:
    """Write a sample note

    Dev mode only. The 101st note of an organization takes the place of its oldest.
    """
    text = read_json(NoteText).text
    return data(_item(_notes().add(_org_id(), text, request_context.runtime().clock())), 201)


@_GUARD
@RouteDocs(errors=(NotFound,))
def show(note: str) -> Answer[Data[NoteItem]]:
    """Get a sample note

    Dev mode only.
    """
    return data(_item(_notes().get(_org_id(), note)))


@_GUARD
@RouteDocs(body=NoteText, example=_EXAMPLE, errors=(NotFound,))
def replace(note: str) -> Answer[Data[NoteItem]]:
    """Replace a sample note

    Dev mode only.
    """
    return data(_item(_notes().change(_org_id(), note, read_json(NoteText).text)))


@_GUARD
@RouteDocs(body=NoteText, example=_EXAMPLE, errors=(NotFound,))
def change(note: str) -> Answer[Data[NoteItem]]:
    """Change a sample note

    Dev mode only. A note has one field, so this does what replacing it does.
    """
    return data(_item(_notes().change(_org_id(), note, read_json(NoteText).text)))


@_GUARD
@RouteDocs(empty={204: "Deleted."}, errors=(NotFound,))
def delete(note: str) -> Response:
    """Delete a sample note

    Dev mode only.
    """
    _notes().delete(_org_id(), note)
    return Response(status=204, mimetype="application/json")


@_GUARD
@RouteDocs(query={"model": "Anything; the response repeats it."})
def listen() -> Answer[Data[Heard]]:
    """Post audio to the sample API

    Dev mode only. It transcribes nothing: it says what it got. The body may be anything of at most 64 KiB. There is no
    WebSocket here; a handshake gets 405.
    """
    return data(
        Heard(
            bytes=len(request.get_data()),
            content_type=request.headers.get("Content-Type"),
            model=request.args.get("model"),
        )
    )


_ROUTES: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("GET", "/v1/notes", index),
    ("POST", "/v1/notes", create),
    ("GET", "/v1/notes/<note>", show),
    ("PUT", "/v1/notes/<note>", replace),
    ("PATCH", "/v1/notes/<note>", change),
    ("DELETE", "/v1/notes/<note>", delete),
    ("POST", "/v1/listen", listen),
)


def register(app: Flask, settings: Settings) -> None:
    """Adds those routes that the policy lists with a scope. None outside of dev mode; none if `API_URLS` names the API
    that keys open; and none beside other server processes, which would have notes of their own."""
    if not settings.dev_mode or settings.api_urls or settings.workers > 1:
        return
    blueprint = Blueprint("api_sample", __name__)
    for method, path, view in _ROUTES:
        route = settings.policy.route(method, path)
        if route is not None and not route.public:
            blueprint.add_url_rule(path, view.__name__, view, methods=[method])
    app.extensions["sample_notes"] = SampleNotes()
    app.register_blueprint(blueprint)


def _notes() -> SampleNotes:
    notes: SampleNotes = current_app.extensions["sample_notes"]
    return notes


def _org_id() -> str:
    return request_context.key().org_id


def _item(note: sample_notes.Note) -> NoteItem:
    return NoteItem(id=note.id, text=note.text, created_at=rfc3339(note.created_at))
