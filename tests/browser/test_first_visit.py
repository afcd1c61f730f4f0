"""What a first visit loads, as a browser counts it, and that the next page loads nothing twice."""

import pytest

MOST_BYTES = 100_000
MOST_REQUESTS = 6


@pytest.fixture
def loaded(visitor):
    """What the browser loads from here on: bytes by URL, headers included. It asks for icons behind Playwright's back,
    so the network is watched from inside the browser."""
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("Network.enable")
    urls: dict[str, str] = {}
    loaded: dict[str, int] = {}
    from_cache: set[str] = set()
    session.on("Network.requestWillBeSent", lambda event: urls.update({event["requestId"]: event["request"]["url"]}))
    session.on("Network.requestServedFromCache", lambda event: from_cache.add(event["requestId"]))

    def finished(event):
        if event["requestId"] not in from_cache and event["encodedDataLength"]:
            loaded[urls[event["requestId"]]] = event["encodedDataLength"]

    session.on("Network.loadingFinished", finished)
    return loaded


@pytest.mark.parametrize("page", ["/sign-in", "keys", "new"])
def test_a_first_visit_is_small_and_the_next_page_loads_itself_alone(visitor, loaded, page):
    page = visitor.site.paths.get(page, "/" if page == "keys" else page)
    if page != "/sign-in":
        visitor.become("max" if page == "/" else "alice")
    visitor.page.goto(page, wait_until="networkidle")
    assert [url for url in loaded if ".css" in url]
    # All icons come with one request, and the content security policy lets them be drawn.
    assert len([url for url in loaded if "/icons." in url]) == 1
    assert visitor.page.locator(".brand .icon").evaluate("icon => icon.getBBox().width") > 0
    assert len(loaded) <= MOST_REQUESTS, loaded
    assert sum(loaded.values()) < MOST_BYTES, loaded
    loaded.clear()
    visitor.page.goto("/device" if page != "/sign-in" else "/install-ids", wait_until="networkidle")
    assert [url for url in loaded if "/static/" in url] == []
