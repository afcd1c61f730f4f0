"""The bars of a sparkline: one for each day, its refused part at the foot."""

from collections.abc import Sequence
from typing import NamedTuple

#: Pixels. A day takes a bar and a gap; the picture has no gap at its end.
BAR, GAP, HEIGHT = 7, 3, 20
_HIGHEST, _LOWEST = 18, 2


class Bar(NamedTuple):
    """`x`: its left edge. `top`, `height`: the whole bar; `refused`: the height of its refused part."""

    x: int
    top: int
    height: int
    refused: int


def bars(days: Sequence[tuple[int, int]]) -> list[Bar]:
    """`days`: how many requests were let through and refused. A day without requests has no bar."""
    most = max((sum(day) for day in days), default=0)
    return [
        _bar(number * (BAR + GAP), let_through, refused, most)
        for number, (let_through, refused) in enumerate(days)
        if let_through + refused
    ]


def _bar(x: int, let_through: int, refused: int, most: int) -> Bar:
    height = max(_LOWEST, round(_HIGHEST * (let_through + refused) / most))
    share = round(height * refused / (let_through + refused))
    # However few were refused, they are seen.
    bad = height if not let_through else min(height, max(_LOWEST, share)) if refused else 0
    return Bar(x, HEIGHT - height, height, bad)
