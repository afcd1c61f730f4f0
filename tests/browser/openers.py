"""How to open a page in a certain state: each of these is a function of the visitor who opens it, or returns one."""

import re
from collections.abc import Callable

from app.services.device_grants import GRANT_TYPE
from tests.browser.visitor import Visitor, fresh_email
from tests.system.visitors import query


def at(path: str, who: str | None = None) -> Callable[[Visitor], None]:
    """`path`, or the path that the site has under this name."""

    def open_it(visitor: Visitor) -> None:
        if who:
            visitor.become(who)
        visitor.page.goto(visitor.site.paths.get(path, path))

    return open_it


def ask_for_link(email: str | None = None) -> Callable[[Visitor], None]:
    def open_it(visitor: Visitor) -> None:
        visitor.page.goto("/sign-in")
        visitor.page.get_by_label("Email address").fill(email or fresh_email())
        visitor.follow(visitor.page.get_by_role("button", name="Send me a sign-in link"))

    return open_it


def with_an_unreadable_cookie(visitor: Visitor) -> None:
    """Of another program on the same host."""
    cookie = {"name": "user", "value": "José", "domain": "localhost", "path": "/"}
    visitor.context.add_cookies([cookie])
    visitor.page.goto("/sign-in")
    visitor.page.get_by_text("The browser's Cookie header cannot be read").wait_for()


def used_link(visitor: Visitor) -> None:
    link = visitor.link_from_api()
    visitor.page.goto(link)
    visitor.context.clear_cookies()
    visitor.page.goto(link)


def older_keys(visitor: Visitor) -> None:
    at("list of max", "max")(visitor)
    visitor.follow(visitor.page.get_by_role("link", name="Older keys"))


def numbers_of_a_day(visitor: Visitor) -> None:
    at("usage", "alice")(visitor)
    visitor.follow(visitor.page.get_by_role("link", name="24 hours"))
    visitor.page.get_by_text("Numbers by hour").click()


def refused_form(*, name: str, scopes: bool) -> Callable[[Visitor], None]:
    def open_it(visitor: Visitor) -> None:
        at("new", "alice")(visitor)
        visitor.page.get_by_label("Name").fill(name)
        if scopes:
            visitor.page.get_by_role("checkbox").first.check()
        visitor.follow(visitor.page.get_by_role("button", name="Create key"))

    return open_it


def too_early_a_date(visitor: Visitor) -> None:
    at("new", "alice")(visitor)
    visitor.page.get_by_label("Name").fill("Nightly report")
    visitor.page.get_by_role("checkbox").first.check()
    visitor.page.get_by_label("Expires").select_option("On a date")
    visitor.page.get_by_label("Last day").fill("2020-01-31")
    visitor.follow(visitor.page.get_by_role("button", name="Create key"))


def with_the_own_address(visitor: Visitor) -> None:
    at("new", "alice")(visitor)
    visitor.page.get_by_text("Limits (optional)").click()
    visitor.follow(visitor.page.get_by_role("button", name="Add your address"))


def one_too_many(visitor: Visitor) -> None:
    at("new of max", "max")(visitor)
    visitor.page.get_by_label("Name").fill("Nightly report")
    visitor.page.get_by_role("checkbox").first.check()
    visitor.follow(visitor.page.get_by_role("button", name="Create key"))


def rotated_into_one_too_many(visitor: Visitor) -> None:
    at("rotate of max", "max")(visitor)
    visitor.follow(visitor.page.get_by_role("button", name="Rotate key"))


def signed_out_meanwhile(visitor: Visitor) -> None:
    at("new", "alice")(visitor)
    visitor.page.get_by_label("Name").fill("Nightly report")
    visitor.context.clear_cookies()
    visitor.follow(visitor.page.get_by_role("button", name="Create key"))


def refused_change(visitor: Visitor) -> None:
    at("change", "alice")(visitor)
    visitor.page.get_by_label("Seconds").fill("")
    visitor.follow(visitor.page.get_by_role("button", name="Save changes"))


def too_wide_a_change(visitor: Visitor) -> None:
    at("change of mia", "mia")(visitor)
    visitor.page.get_by_label("Networks").fill("")
    visitor.follow(visitor.page.get_by_role("button", name="Save changes"))


def contradicting_policy(visitor: Visitor) -> None:
    at("policy", "hugo")(visitor)
    visitor.page.get_by_label("Default expiry").fill("90")
    visitor.follow(visitor.page.get_by_role("button", name="Save policy"))


def mistyped_organization(visitor: Visitor) -> None:
    at("delete", "alice")(visitor)
    visitor.page.get_by_label("Name of the organization").fill("Another one")
    visitor.follow(visitor.page.get_by_role("button", name="Delete organization"))


def delete_long_after_signing_in(visitor: Visitor) -> None:
    people = "SELECT id FROM person WHERE email = 'hugo@example.com'"
    query(visitor.site.database_url, f"UPDATE session SET created_at = 0 WHERE person_id IN ({people})")
    at("delete of hugo", "hugo")(visitor)


def refused_name(page: str, who: str, button: str) -> Callable[[Visitor], None]:
    """A form for an organization's name, sent with the one that nobody else gets."""

    def open_it(visitor: Visitor) -> None:
        at(page, who)(visitor)
        visitor.page.get_by_label("Name", exact=True).fill("Operators")
        visitor.follow(visitor.page.get_by_role("button", name=button))

    return open_it


def reveal(visitor: Visitor) -> None:
    visitor.become("rita").page.goto("/")
    visitor.create_key("Nightly report")


def reveal_python(visitor: Visitor) -> None:
    reveal(visitor)
    visitor.page.get_by_text("Python", exact=True).click()


def tested(visitor: Visitor) -> None:
    """What a test of a new key opens in a new tab, here in the same one."""
    _tested(visitor, networks="")


def _tested(visitor: Visitor, networks: str) -> None:
    visitor.become("rita").page.goto("/")
    visitor.follow(visitor.page.get_by_role("link", name=re.compile("New key|Create the first key")))
    visitor.page.get_by_label("Name").fill("Nightly report")
    visitor.page.get_by_role("checkbox").first.check()
    visitor.page.get_by_text("Limits (optional)").click()
    visitor.page.get_by_label("Networks").fill(networks)
    visitor.follow(visitor.page.get_by_role("button", name="Create key"))
    visitor.page.locator("form[target]").evaluate("form => form.removeAttribute('target')")
    visitor.follow(visitor.page.get_by_role("button", name="Test it now"))


def tested_elsewhere(visitor: Visitor) -> None:
    _tested(visitor, "203.0.113.0/24\n2001:db8::/32")


def tested_another(visitor: Visitor) -> None:
    reveal(visitor)
    visitor.page.locator("form[target]").evaluate("form => { form.removeAttribute('target'); form.key.value = 'x'; }")
    visitor.follow(visitor.page.get_by_role("button", name="Test it now"))


def already_shown(visitor: Visitor) -> None:
    reveal(visitor)
    visitor.page.reload()


def rotated(visitor: Visitor) -> None:
    path, _ = visitor.become("rita").key_from_api("Nightly report")
    visitor.page.goto(f"{path}/rotate")
    visitor.follow(visitor.page.get_by_role("button", name="Rotate key"))


def just_revoked(visitor: Visitor) -> None:
    path, _ = visitor.become("rita").key_from_api("Nightly report")
    visitor.page.goto(f"{path}/revoke")
    visitor.follow(visitor.page.get_by_role("button", name="Revoke key"))


def role_with_keys_to_decide_about(visitor: Visitor) -> None:
    at("role of mia", "otto")(visitor)
    visitor.page.get_by_label("Role").select_option("Viewer")
    visitor.follow(visitor.page.get_by_role("button", name="Change role"))


def refused_invitation(visitor: Visitor) -> None:
    """Of somebody who is a member."""
    at("invite", "alice")(visitor)
    visitor.page.get_by_label("Email address").fill("mona@example.com")
    visitor.follow(visitor.page.get_by_role("button", name="Send invitation"))


def removal_with_a_new_key(visitor: Visitor) -> None:
    """As if the key had been made after the page was opened."""
    at("removal of mia", "otto")(visitor)
    visitor.page.locator("[name=key], [name=decision]").evaluate_all("fields => fields.forEach(it => it.remove())")
    visitor.follow(visitor.page.get_by_role("button", name="Remove member"))


def removed_with_new_keys(visitor: Visitor) -> None:
    for name in ("Nightly report", "Deploy bot"):
        visitor.become("ruth").key_from_api(name)
    at("removal of ruth", "rita")(visitor)
    for choice in visitor.page.get_by_label("What happens to it").all():
        choice.select_option("Rotate it; the new key belongs to you")
    visitor.follow(visitor.page.get_by_role("button", name="Remove member"))


def type_code(code: str | None = None, who: str = "alice") -> Callable[[Visitor], None]:
    """At the page that connects an agent; without a `code` it is one that an agent waits with."""

    def open_it(visitor: Visitor) -> None:
        visitor.become(who).page.goto("/device")
        visitor.page.get_by_label("Code").fill(code or visitor.agents_code())
        visitor.follow(visitor.page.get_by_role("button", name="Continue"))

    return open_it


def decide(button: str, *, scopes: bool = True, who: str = "rita") -> Callable[[Visitor], None]:
    def open_it(visitor: Visitor) -> None:
        type_code(who=who)(visitor)
        if not scopes:
            for box in visitor.page.get_by_role("checkbox").all():
                box.uncheck()
        visitor.follow(visitor.page.get_by_role("button", name=button))

    return open_it


def agent_fetches_its_key(visitor: Visitor) -> None:
    api = visitor.context.request
    codes = api.post("/v1/device/authorize", form={"client_id": "Claude Code", "scope": "agent:r"}).json()
    type_code(codes["user_code"], who="rita")(visitor)
    visitor.follow(visitor.page.get_by_role("button", name="Approve"))
    grant = {"grant_type": GRANT_TYPE, "device_code": codes["device_code"]}
    assert api.post("/v1/device/token", form=grant).ok
    visitor.follow(visitor.page.get_by_role("link", name="Check whether it has its key"))


def while_broken(change: str, undo: str) -> Callable[[Visitor], None]:
    """The list of keys while something is wrong in the database."""

    def open_it(visitor: Visitor) -> None:
        query(visitor.site.database_url, change)
        try:
            at("/", "xena")(visitor)
        finally:
            query(visitor.site.database_url, undo)

    return open_it
