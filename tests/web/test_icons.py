"""Icons: parts of one file."""

import re

import pytest

from app.web.icons import icon_url


@pytest.fixture
def in_a_request(app):
    with app.test_request_context():
        yield


def test_an_icon_that_is_not_vendored_fails_at_once(in_a_request):
    with pytest.raises(LookupError, match=r"no-such-icon\.svg"):
        icon_url("no-such-icon")


def test_an_icon_is_a_part_of_a_file_that_never_changes(alice):
    page = alice.http.get(f"/orgs/{alice.org}/keys").text
    used = re.findall(r'<use href="([^"#]+)#([^"]+)"></use>', page)
    assert {"key-round", "circle-user-round", "chevrons-up-down"} <= {name for _, name in used}
    (url,) = {url for url, _ in used}
    sprite = alice.http.get(url)
    assert sprite.mimetype == "image/svg+xml"
    assert "immutable" in sprite.headers["Cache-Control"]
    assert all(f'<symbol id="{name}" ' in sprite.text for _, name in used)


def test_screen_readers_leave_icons_out(app):
    page = app.test_client().get("/sign-in").text
    assert page.count("<svg") == page.count('<svg class="icon" aria-hidden="true">') > 0
