"""One is in the singular, everything else in the plural."""

import pytest

from app.domain.plural import counted


@pytest.mark.parametrize(("number", "said"), [(0, "0 days"), (1, "1 day"), (2, "2 days"), (1200, "1,200 days")])
def test_a_number_with_its_noun(number, said):
    assert counted(number, "day") == said
