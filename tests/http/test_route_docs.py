"""What a route says of itself. That the API description says the same is in tests/api/test_description.py."""

from typing import TypedDict

import pytest

from app.http.route_docs import RouteDocs


class Note(TypedDict):
    text: str


def plain() -> Note:
    return {"text": "Buy milk"}


def with_status() -> tuple[Note, int]:
    return {"text": "Buy milk"}, 201


@pytest.mark.parametrize("view", [plain, with_status])
def test_the_answer_is_the_type_that_the_view_returns_without_its_status(view):
    assert RouteDocs().answer_of(view) is Note


def test_an_answer_that_is_said_beside_the_view_comes_first():
    assert RouteDocs(answer=dict).answer_of(plain) is dict


def test_it_is_kept_with_the_view_which_stays_as_it_was():
    docs = RouteDocs(status=201)

    @docs
    def view() -> Note:
        return {"text": "Buy milk"}

    assert view.route_docs is docs
    assert view() == {"text": "Buy milk"}
