"""Icons: vendored shapes in an element of ours."""

import pytest

from app.web.icons import icon_shapes


def test_an_icon_is_its_shapes_without_the_element_around_them():
    shapes = icon_shapes("check")
    assert shapes == '<path d="M20 6 9 17l-5-5" />'


def test_an_icon_that_is_not_vendored_fails_at_once():
    with pytest.raises(FileNotFoundError):
        icon_shapes("no-such-icon")


def test_screen_readers_leave_icons_out(app):
    page = app.test_client().get("/sign-in").text
    assert page.count("<svg") == page.count('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">') > 0
