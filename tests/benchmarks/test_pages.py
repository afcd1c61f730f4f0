"""`make bench-pages`, on few keys: each page is measured."""

from benchmarks.pages import PAGES, measure
from benchmarks.seed_large.__main__ import seed
from benchmarks.seed_large.sizes import Sizes

#: Pages that are measured as soon as they are there.
TO_COME = {"usage", "usage, 24 hours", "usage, 30 days"}


def test_each_page_has_its_times_and_those_of_its_queries(tmp_path):
    url = f"sqlite:///{tmp_path}/keydesk.db"
    seed(url, Sizes().scaled(0.002), tmp_path)
    figures = {row.page: row for row in measure(url, tmp_path, requests=3)}
    assert PAGES.keys() - TO_COME <= figures.keys() <= PAGES.keys()
    assert all(0 < row.p50 <= row.p95 for row in figures.values())
    assert all(0 < row.slowest <= row.queries and row.query.startswith(("SELECT", "WITH")) for row in figures.values())
