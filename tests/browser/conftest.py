"""A server and a browser. Each test has a context of its own; the pages of test_pages.py share one.

The expensive fixtures live as long as this folder's tests run, not as long as the whole run: while Playwright is
open, nothing else in the process can use asyncio.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import site
from tests.browser.chromium import launch_options
from tests.browser.mailbox import Mailbox, receiving
from tests.browser.nu_html_checker import NuHtmlChecker, checking
from tests.browser.site import Site
from tests.browser.visitor import Visitor, new_context, visiting
from tests.servers import free_port, serving

Open = Callable[..., Visitor]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    options = launch_options()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**options)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def html_checker() -> Iterator[NuHtmlChecker]:
    with checking() as checker:
        yield checker


@pytest.fixture(scope="package")
def in_dev_mode(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server in dev mode, with people and keys in it."""
    folder = tmp_path_factory.mktemp("dev-mode")
    database_url = f"sqlite:///{folder / 'keydesk.db'}"
    with serving(database_url, folder, MAX_KEYS_PER_ORG=str(site.MOST_KEYS)) as server:
        yield site.build(server.url.replace("127.0.0.1", "localhost"), database_url, folder)


@pytest.fixture(scope="package")
def mailbox() -> Iterator[Mailbox]:
    with receiving() as mailbox:
        yield mailbox


@pytest.fixture(scope="package")
def with_mail(tmp_path_factory: pytest.TempPathFactory, chromium: Browser, mailbox: Mailbox) -> Iterator[Site]:
    """A server that mails its links; somebody asked for one."""
    folder, port = tmp_path_factory.mktemp("with-mail"), free_port()
    url = f"http://localhost:{port}"
    mail = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(mailbox.port), "MAIL_USE_TLS": "false", "PUBLIC_URL": url}
    database_url = f"sqlite:///{folder / 'keydesk.db'}"
    with serving(database_url, folder, port=port, **mail):
        with new_context(chromium, url) as context:
            assert context.request.post("/v1/auth/request", data={"email": "dora@example.com"}).ok
        text = mailbox.wait_for("dora@example.com").get_body(("plain",)).get_content()
        yield Site(url, database_url, {}, {"mailed": re.search(rf"{url}\S+", text)[0]})


@pytest.fixture
def open_browser(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens a browser, as often as the test likes."""
    with ExitStack() as visits:

        def open_one(where: Site | None = None, **options: object) -> Visitor:
            where = where or request.getfixturevalue("in_dev_mode")
            return visits.enter_context(visiting(chromium, where, **options))

        yield open_one


@pytest.fixture
def visitor(open_browser: Open) -> Visitor:
    return open_browser()


@pytest.fixture(scope="package")
def visitor_in_dev_mode(chromium: Browser, in_dev_mode: Site) -> Iterator[Visitor]:
    """Somebody who opens one page after the other in the same browser."""
    with visiting(chromium, in_dev_mode) as visitor:
        yield visitor


@pytest.fixture(scope="package")
def visitor_with_mail(chromium: Browser, with_mail: Site) -> Iterator[Visitor]:
    with visiting(chromium, with_mail) as visitor:
        yield visitor
