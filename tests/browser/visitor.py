"""Somebody who uses the pages with a browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Error, Locator, Page, Response

from tests.browser.site import Site
from tests.browser.views import WIDE
from tests.system.visitors import query

PROBES = "\n".join(file.read_text() for file in sorted(Path(__file__).with_name("probes").glob("*.js")))

_numbers = count(1)


def fresh_email() -> str:
    """An address that nobody used before, so that no limit and no earlier key gets into the way."""
    return f"visitor-{next(_numbers)}@example.com"


def new_context(chromium: Browser, url: str, **options: object) -> BrowserContext:
    """A browser of its own."""
    options = {"viewport": WIDE.size, "reduced_motion": "reduce", "base_url": url} | options
    return chromium.new_context(**options)


class Visitor:
    """A page, and what a person does on it. `alarms` are things that must never happen, whatever a test looks at."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.context, self.site = context, site
        self.alarms: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.alarms.append(f"script error: {error}"))
        self.page.on("dialog", self._asked)
        self.page.on("response", self._received)
        self._document: Response | None = None

    def become(self, name: str) -> "Visitor":
        """Signed in as one of the people of the site, without asking for a link."""
        cookie = self.site.session_of(name)
        self.context.add_cookies([{"name": "whs_session", "value": cookie, "domain": "localhost", "path": "/"}])
        return self

    def sign_in(self, email: str | None = None) -> "Visitor":
        """To the list of keys."""
        self.page.goto(self.link_from_api(email))
        return self

    def link_from_api(self, email: str | None = None) -> str:
        """A sign-in link, as dev mode answers with it."""
        asked = self.context.request.post("/v1/auth/request", data={"email": email or fresh_email()})
        return str(asked.json()["devLink"])

    def key_from_api(self, name: str, *scopes: str) -> tuple[str, str]:
        """A new key of their first organization: the path of its page, and the key."""
        asked = self.context.request
        keys = f"/orgs/{asked.get('/v1/orgs').json()['data'][0]['id']}/keys"
        made = asked.post(f"/v1{keys}", data={"name": name, "scopes": scopes or ["agent:r"]}).json()["data"]
        return f"{keys}/{made['id']}", made["key"]

    def create_key(self, name: str, *scopes: str) -> str:
        """The key, as the page shows it; without `scopes` one with `agent:rw`. Starts at the list of keys, and goes
        there from a page without that link."""
        begin = self.page.get_by_role("link", name=re.compile("New key|Create the first key"))
        if begin.count() == 0:
            self.page.goto("/")
        begin.click()
        self.page.get_by_label("Name").fill(name)
        for scope in scopes or ("agent:rw",):
            self.page.get_by_role("checkbox", name=re.compile(f"^{scope} ")).check()
        self.follow(self.page.get_by_role("button", name="Create key"))
        return self.shown_key()

    def sign_out(self) -> None:
        self.page.locator(".person summary").click()
        self.page.get_by_role("button", name="Sign out", exact=True).click()

    def follow(self, control: Locator) -> None:
        """Clicks a link or button, and waits until the page that it leads to has loaded: `click` alone does not."""
        with self.page.expect_navigation():
            control.click()

    def agents_code(self) -> str:
        """What an agent that asks for a key shows."""
        asked = {"client_id": "Claude Code", "scope": "agent:r notes:read"}
        return str(self.context.request.post("/v1/device/authorize", form=asked).json()["user_code"])

    def shown_key(self) -> str:
        return self.page.locator("#key").inner_text()

    def key_names(self) -> list[str]:
        self.page.goto("/")
        return self.page.locator("tbody th a").all_inner_texts()

    def go_back(self) -> None:
        """As the browser's button does. A page that a form led to comes back as an error page."""
        try:
            self.page.go_back(wait_until="commit")
        except Error as error:
            if "ERR_CACHE_MISS" not in error.message:
                raise
            self.page.wait_for_url("chrome-error://**")

    def document(self) -> str:
        """The page, as the server sent it."""
        assert self._document
        return self._document.text()

    def take_alarms(self) -> list[str]:
        """Those since the last time."""
        alarms, self.alarms[:] = list(self.alarms), []
        return alarms

    def _heard(self, message: ConsoleMessage) -> None:
        # The browser's own error page (go_back) may still ask for our icon, and says that it may not have it.
        of_error_page = "/static/icon.svg' from origin 'null'" in message.text
        if message.type == "error" and not message.text.startswith("Failed to load resource") and not of_error_page:
            self.alarms.append(f"console: {message.text}")

    def _received(self, response: Response) -> None:
        if response.request.is_navigation_request() and response.frame == self.page.main_frame:
            self._document = response

    def _asked(self, dialog: Dialog) -> None:
        self.alarms.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@contextmanager
def visiting(chromium: Browser, site: Site, **options: object) -> Iterator[Visitor]:
    """A browser of its own; nothing alarming may have happened in it when the block ends."""
    # All browsers come from one address, and none may use up the limits of the next.
    query(site.database_url, "DELETE FROM sign_in_attempt")
    with new_context(chromium, site.url, **options) as context:
        context.add_init_script(PROBES)
        visitor = Visitor(context, site)
        yield visitor
    assert visitor.alarms == []
