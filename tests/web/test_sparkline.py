"""The bars of a key's seven days."""

from app.web.sparkline import BAR, GAP, HEIGHT, bars


def test_the_busiest_day_is_the_highest_and_a_day_without_requests_has_no_bar():
    one, other = bars([(0, 0), (50, 0), (100, 0)])
    assert (one.x, other.x) == (BAR + GAP, 2 * (BAR + GAP))
    assert (one.height, other.height) == (9, 18)
    assert other.top == HEIGHT - 18


def test_what_was_refused_is_seen_however_little_it_was():
    (bar,) = bars([(10_000, 1)])
    assert (bar.height, bar.refused) == (18, 2)
    (bar,) = bars([(0, 7)])
    assert bar.refused == bar.height == 18
    assert bars([(3, 0)])[0].refused == 0


def test_a_few_requests_beside_many_are_seen():
    assert bars([(1, 0), (100_000, 0)])[0].height == 2


def test_no_requests_have_no_bars():
    assert bars([(0, 0)] * 7) == []
    assert bars([]) == []
