"""What there are pictures of. A new page is an entry in PICTURES."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page


@dataclass(frozen=True)
class Picture:
    """`path` may hold `{…}`: what the demo calls its places. `then`: what somebody does on the page before the picture
    is taken. `status`: what the page must answer with."""

    name: str
    path: str
    then: Callable[[Page], None] = lambda _page: None
    signed_in: bool = True
    status: int = 200


def ask_for_link(page: Page) -> None:
    page.get_by_label("Email address").fill("ann@acme.example")
    _press(page, "Send me a sign-in link")


def fill_in_new_key(page: Page) -> None:
    page.get_by_label("Name").fill("nightly-report")
    for scope in ("notes:read", "cache:invalidate"):
        page.locator(f"input[value='{scope}']").check()


def create_key(page: Page) -> None:
    fill_in_new_key(page)
    _press(page, "Create key")


def type_code(page: Page) -> None:
    _press(page, "Continue")


def wait_for_description(page: Page) -> None:
    page.locator(".opblock").first.wait_for()


def steady_request_id(page: Page) -> None:
    """The same in each picture, whichever request it was."""
    page.get_by_text("request ID").evaluate(
        "it => { it.textContent = it.textContent.replace(/[0-9a-f]{12}-\\d+/, '13596187d93b-52') }"
    )


def _press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=button).click()


#: What changes something comes last: it must not show in the other pictures.
PICTURES = [
    Picture("sign-in", "/sign-in", signed_in=False),
    Picture("keys", "/orgs/{org}/keys"),
    Picture("key", "/orgs/{org}/keys/{checkout-prod}"),
    Picture("failing-key", "/orgs/{org}/keys/{crm-sync-dev}"),
    Picture("keys-failing", "/orgs/{org}/keys?state=failing"),
    Picture("usage", "/orgs/{org}/usage"),
    Picture("change", "/orgs/{org}/keys/{checkout-prod}/change"),
    Picture("rotate", "/orgs/{org}/keys/{checkout-prod}/rotate"),
    Picture("revoke", "/orgs/{org}/keys/{checkout-prod}/revoke"),
    Picture("new-key", "/orgs/{org}/keys/new", fill_in_new_key),
    Picture("members", "/orgs/{org}/members"),
    Picture("remove-member", "/orgs/{org}/members/{ben}/remove"),
    Picture("invite", "/orgs/{org}/invitations/new"),
    Picture("audit-log", "/orgs/{org}/audit-log"),
    Picture("settings", "/orgs/{org}/settings"),
    Picture("delete-organization", "/orgs/{org}/settings/delete"),
    Picture("policy-for-keys", "/orgs/{org}/settings/keys"),
    Picture("sessions", "/sessions"),
    Picture("mails", "/account/mails"),
    Picture("connect-an-agent", "/device?user_code={agents code}"),
    Picture("approve-an-agent", "/device?user_code={agents code}", type_code),
    Picture("guide", "/guide"),
    Picture("docs", "/docs?interactive=yes", wait_for_description),
    Picture("not-found", "/no/such/page", steady_request_id, status=404),
    Picture("check-your-email", "/sign-in", ask_for_link, signed_in=False),
    Picture("reveal", "/orgs/{org}/keys/new", create_key),
]
