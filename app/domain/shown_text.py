"""What clients say about themselves, as pages can show it and databases can store it."""

from typing import overload


@overload
def shown(text: str, length: int) -> str: ...
@overload
def shown(text: None, length: int) -> None: ...
def shown(text: str | None, length: int) -> str | None:
    """Its first `length` characters, without those that cannot be printed."""
    if text is None or (len(text) <= length and text.isprintable()):
        return text
    return "".join(filter(str.isprintable, text[:length]))
