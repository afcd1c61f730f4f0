"""What templates can use."""

from app.web import templating


def test_the_first_letter_is_capital_and_the_rest_stays():
    assert [templating.capitalize_first(text) for text in ("must be an API key", "É", "")] == [
        "Must be an API key",
        "É",
        "",
    ]
