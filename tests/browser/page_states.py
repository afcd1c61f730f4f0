"""Every page, in every state that looks different."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.browser.visitor import Visitor, fresh_email
from tests.processes.visitors import query


@dataclass(frozen=True)
class PageState:
    """`title` and `heading` are what the page must be called."""

    name: str
    title: str
    heading: str
    open: Callable[[Visitor], None]
    #: Only a server that sends mail shows it.
    needs_mail: bool = False

    def __str__(self) -> str:
        return self.name


def _at(path: str, who: str | None = None) -> Callable[[Visitor], None]:
    """`path`, or the path that the site has under this name."""

    def open_it(visitor: Visitor) -> None:
        if who:
            visitor.become(who)
        visitor.page.goto(visitor.site.paths.get(path, path))

    return open_it


def _ask_for_link(email: str | None = None) -> Callable[[Visitor], None]:
    def open_it(visitor: Visitor) -> None:
        visitor.page.goto("/sign-in")
        visitor.page.get_by_label("Email address").fill(email or fresh_email())
        visitor.page.get_by_role("button", name="Send me a sign-in link").click()

    return open_it


def _used_link(visitor: Visitor) -> None:
    _ask_for_link()(visitor)
    link = visitor.page.get_by_role("link", name="Open the sign-in link").get_attribute("href") or ""
    visitor.page.goto(link)
    visitor.context.clear_cookies()
    visitor.page.goto(link)


def _older_keys(visitor: Visitor) -> None:
    _at("list of max", "max")(visitor)
    visitor.page.get_by_role("link", name="Older keys").click()


def _refused_form(*, name: str, scopes: bool) -> Callable[[Visitor], None]:
    def open_it(visitor: Visitor) -> None:
        _at("new", "alice")(visitor)
        visitor.page.get_by_label("Name").fill(name)
        if not scopes:
            visitor.page.get_by_role("checkbox", checked=True).uncheck()
        visitor.page.get_by_role("button", name="Create key").click()

    return open_it


def _refused_change(visitor: Visitor) -> None:
    _at("change", "alice")(visitor)
    visitor.page.get_by_label("Seconds").fill("")
    visitor.page.get_by_role("button", name="Save changes").click()


def _reveal(visitor: Visitor) -> None:
    visitor.become("rita").create_key("Nightly report")


def _already_shown(visitor: Visitor) -> None:
    _reveal(visitor)
    visitor.page.reload()


def _rotated(visitor: Visitor) -> None:
    _reveal(visitor)
    visitor.page.goto("/")
    visitor.page.get_by_role("link", name="Rotate Nightly report").first.click()
    visitor.page.get_by_role("button", name="Rotate key").click()


def _just_revoked(visitor: Visitor) -> None:
    _reveal(visitor)
    visitor.page.goto("/")
    visitor.page.get_by_role("link", name="Revoke Nightly report").first.click()
    visitor.page.get_by_role("button", name="Revoke key").click()


def _type_code(code: str | None = None, who: str = "alice") -> Callable[[Visitor], None]:
    """At the page that connects an agent; without a `code` it is one that an agent waits with."""

    def open_it(visitor: Visitor) -> None:
        visitor.become(who).page.goto("/device")
        visitor.page.get_by_label("Code").fill(code or visitor.agents_code())
        visitor.page.get_by_role("button", name="Continue").click()

    return open_it


def _decide(button: str, *, scopes: bool = True) -> Callable[[Visitor], None]:
    def open_it(visitor: Visitor) -> None:
        _type_code(who="rita")(visitor)
        if not scopes:
            for box in visitor.page.get_by_role("checkbox").all():
                box.uncheck()
        visitor.page.get_by_role("button", name=button).click()

    return open_it


def _with(change: str, undo: str) -> Callable[[Visitor], None]:
    """The list of keys while something is wrong in the database."""

    def open_it(visitor: Visitor) -> None:
        query(visitor.site.database_url, change)
        try:
            _at("/", "xena")(visitor)
        finally:
            query(visitor.site.database_url, undo)

    return open_it


PAGE_STATES = [
    PageState("sign-in", "Sign in", "Sign in", _at("/sign-in")),
    PageState("sign-in refused", "Problem: Sign in", "Sign in", _ask_for_link("nobody at all")),
    PageState("sign-in link in dev mode", "Your sign-in link", "Your sign-in link", _ask_for_link()),
    PageState("check your mail", "Check your mail", "Check your mail", _ask_for_link(), needs_mail=True),
    PageState(
        "link in another browser", "Confirm sign-in", "Sign in as d•••@example.com?", _at("mailed"), needs_mail=True
    ),
    PageState("link used", "Link used or too old", "This link no longer works", _used_link),
    PageState("link forged", "Link not valid", "This link is not valid", _at("/v1/auth/callback?token=forged")),
    PageState("no keys", "Keys · erin’s organization", "Keys of erin’s organization", _at("/", "erin")),
    PageState("no keys for a viewer", "Keys · otto’s organization", "Keys of otto’s organization", _at("/", "vera")),
    PageState("keys", "Keys · alice’s organization", "Keys of alice’s organization", _at("/", "alice")),
    PageState("older keys", "Keys · max’s organization", "Keys of max’s organization", _older_keys),
    PageState("key just revoked", "Keys · rita’s organization", "Keys of rita’s organization", _just_revoked),
    PageState("new key", "New key · alice’s organization", "New key", _at("new", "alice")),
    PageState(
        "new key without a name",
        "Problem: New key · alice’s organization",
        "New key",
        _refused_form(name=" ", scopes=True),
    ),
    PageState(
        "new key without a scope",
        "Problem: New key · alice’s organization",
        "New key",
        _refused_form(name="Nightly report", scopes=False),
    ),
    PageState("key", "GitHub Action prod · alice’s organization", "GitHub Action prod", _at("key", "alice")),
    PageState("change", "Change GitHub Action prod · alice’s organization", "Change this key", _at("change", "alice")),
    PageState(
        "change with half a limit",
        "Problem: Change GitHub Action prod · alice’s organization",
        "Change this key",
        _refused_change,
    ),
    PageState(
        "change a revoked key",
        "Cannot change Old deploy bot · alice’s organization",
        "This key cannot be changed",
        _at("change revoked", "alice"),
    ),
    PageState("reveal", "Copy your key now · rita’s organization", "Copy your key now", _reveal),
    PageState("reveal after rotating", "Copy your key now · rita’s organization", "Copy your key now", _rotated),
    PageState("already shown", "Key already shown · rita’s organization", "This key was shown already", _already_shown),
    PageState(
        "revoke",
        "Revoke GitHub Action prod · alice’s organization",
        "Revoke this key?",
        _at("revoke active", "alice"),
    ),
    PageState(
        "revoke a revoked key",
        "Already revoked: Old deploy bot · alice’s organization",
        "This key is revoked",
        _at("revoke revoked", "alice"),
    ),
    PageState(
        "rotate",
        "Rotate GitHub Action prod · alice’s organization",
        "Rotate this key?",
        _at("rotate active", "alice"),
    ),
    PageState(
        "rotate an expired key",
        "Cannot rotate Trial of the importer · alice’s organization",
        "This key cannot be rotated",
        _at("rotate expired", "alice"),
    ),
    PageState("sessions", "Your sessions", "Your sessions", _at("/sessions", "alice")),
    PageState("organizations", "Your organizations", "Your organizations", _at("/", "mona")),
    PageState("no organization", "No organization yet", "No organization yet", _at("/", "nora")),
    PageState("connect an agent", "Connect an agent", "Connect an agent", _at("/device", "alice")),
    PageState("connect by a wrong code", "Problem: Connect an agent", "Connect an agent", _type_code("WDJB-MJHT")),
    PageState("decide about an agent", "Connect Claude Code?", "Give this agent a key?", _type_code()),
    PageState("a viewer decides", "Connect Claude Code?", "Give this agent a key?", _type_code(who="vera")),
    PageState(
        "decide without a scope",
        "Problem: Connect Claude Code?",
        "Give this agent a key?",
        _decide("Give it a key", scopes=False),
    ),
    PageState("agent connected", "Agent connected", "Claude Code gets its key", _decide("Give it a key")),
    PageState("agent refused", "Agent refused", "The agent is refused", _decide("Refuse")),
    PageState("install ids", "From install ids to API keys", "From install ids to API keys", _at("/install-ids")),
    PageState("not found", "Not found", "Not found", _at("/no/such/page", "alice")),
    PageState("not allowed", "Not allowed", "Not allowed", _at("new key of a viewer", "vera")),
    PageState("not possible", "Not possible here", "Not possible here", _at("/device/decide", "alice")),
    PageState("too much", "Too much at once", "Too much at once", _ask_for_link("x" * 70_000)),
    PageState(
        "crash",
        "Something went wrong",
        "Something went wrong",
        _with(
            "UPDATE membership SET role = role || '?'",
            "UPDATE membership SET role = rtrim(role, '?')",
        ),
    ),
    PageState(
        "database down",
        "Back in a moment",
        "Back in a moment",
        _with("ALTER TABLE session RENAME TO away", "ALTER TABLE away RENAME TO session"),
    ),
]
