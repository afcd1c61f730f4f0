"""JSON as responses carry it."""

import json

import pytest
from flask import Flask, jsonify

from app.api.json_responses import Json

CONTENT = {"b": "Schlüssel “é” 🔑", "a": [None, True, 2**53, 1.5, ""], "nested": {"z": 1, "y": "</script>\n"}}


@pytest.fixture
def answer():
    """The response to a request whose view returns this."""

    def answer(returned):
        app = Flask("bare")
        app.json = Json(app)
        app.add_url_rule("/", view_func=lambda: returned() if callable(returned) else returned)
        return app.test_client().get("/")

    return answer


@pytest.mark.parametrize("returned", [CONTENT, lambda: jsonify(CONTENT), lambda: jsonify(**CONTENT)])
def test_fields_keep_their_order_and_letters_stay_as_they_are(answer, returned):
    text = answer(returned).text
    assert json.loads(text) == CONTENT
    assert list(json.loads(text)) == ["b", "a", "nested"]
    assert "Schlüssel “é” 🔑" in text
    assert text.endswith("}\n")


def test_a_view_says_its_status_and_flask_the_type(answer):
    made = answer((CONTENT, 201))
    assert (made.status_code, made.content_type) == (201, "application/json")
    assert made.content_length == len(made.data)
