"""Every page, in every state that looks different."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.browser.visitor import Visitor, fresh_email
from tests.system.visitors import query


@dataclass(frozen=True)
class Place:
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
    """`path`, or what the world calls it."""

    def open_it(visitor: Visitor) -> None:
        if who:
            visitor.become(who)
        visitor.page.goto(visitor.world.places.get(path, path))

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
        query(visitor.world.database_url, change)
        try:
            _at("/", "xena")(visitor)
        finally:
            query(visitor.world.database_url, undo)

    return open_it


PLACES = [
    Place("sign-in", "Sign in", "Sign in", _at("/sign-in")),
    Place("sign-in refused", "Problem: Sign in", "Sign in", _ask_for_link("nobody at all")),
    Place("sign-in link in dev mode", "Your sign-in link", "Your sign-in link", _ask_for_link()),
    Place("check your mail", "Check your mail", "Check your mail", _ask_for_link(), needs_mail=True),
    Place("link in another browser", "Confirm sign-in", "Sign in as d•••@example.com?", _at("mailed"), needs_mail=True),
    Place("link used", "Link used or too old", "This link no longer works", _used_link),
    Place("link forged", "Link not valid", "This link is not valid", _at("/v1/auth/callback?token=forged")),
    Place("no keys", "Keys · erin’s organization", "Keys of erin’s organization", _at("/", "erin")),
    Place("no keys for a viewer", "Keys · otto’s organization", "Keys of otto’s organization", _at("/", "vera")),
    Place("keys", "Keys · alice’s organization", "Keys of alice’s organization", _at("/", "alice")),
    Place("older keys", "Keys · max’s organization", "Keys of max’s organization", _older_keys),
    Place("key just revoked", "Keys · rita’s organization", "Keys of rita’s organization", _just_revoked),
    Place("new key", "New key · alice’s organization", "New key", _at("new", "alice")),
    Place(
        "new key without a name",
        "Problem: New key · alice’s organization",
        "New key",
        _refused_form(name=" ", scopes=True),
    ),
    Place(
        "new key without a scope",
        "Problem: New key · alice’s organization",
        "New key",
        _refused_form(name="Nightly report", scopes=False),
    ),
    Place("key", "GitHub Action prod · alice’s organization", "GitHub Action prod", _at("key", "alice")),
    Place("change", "Change GitHub Action prod · alice’s organization", "Change this key", _at("change", "alice")),
    Place(
        "change with half a limit",
        "Problem: Change GitHub Action prod · alice’s organization",
        "Change this key",
        _refused_change,
    ),
    Place(
        "change a revoked key",
        "Cannot change Old deploy bot · alice’s organization",
        "This key cannot be changed",
        _at("change revoked", "alice"),
    ),
    Place("reveal", "Copy your key now · rita’s organization", "Copy your key now", _reveal),
    Place("reveal after rotating", "Copy your key now · rita’s organization", "Copy your key now", _rotated),
    Place("already shown", "Key already shown · rita’s organization", "This key was shown already", _already_shown),
    Place(
        "revoke",
        "Revoke GitHub Action prod · alice’s organization",
        "Revoke this key?",
        _at("revoke active", "alice"),
    ),
    Place(
        "revoke a revoked key",
        "Already revoked: Old deploy bot · alice’s organization",
        "This key is revoked",
        _at("revoke revoked", "alice"),
    ),
    Place(
        "rotate",
        "Rotate GitHub Action prod · alice’s organization",
        "Rotate this key?",
        _at("rotate active", "alice"),
    ),
    Place(
        "rotate an expired key",
        "Cannot rotate Trial of the importer · alice’s organization",
        "This key cannot be rotated",
        _at("rotate expired", "alice"),
    ),
    Place("sessions", "Your sessions", "Your sessions", _at("/sessions", "alice")),
    Place("organizations", "Your organizations", "Your organizations", _at("/", "mona")),
    Place("no organization", "No organization yet", "No organization yet", _at("/", "nora")),
    Place("connect an agent", "Connect an agent", "Connect an agent", _at("/device", "alice")),
    Place("connect by a wrong code", "Problem: Connect an agent", "Connect an agent", _type_code("WDJB-MJHT")),
    Place("decide about an agent", "Connect Claude Code?", "Give this agent a key?", _type_code()),
    Place("a viewer decides", "Connect Claude Code?", "Give this agent a key?", _type_code(who="vera")),
    Place(
        "decide without a scope",
        "Problem: Connect Claude Code?",
        "Give this agent a key?",
        _decide("Give it a key", scopes=False),
    ),
    Place("agent connected", "Agent connected", "Claude Code gets its key", _decide("Give it a key")),
    Place("agent refused", "Agent refused", "The agent is refused", _decide("Refuse")),
    Place("install ids", "From install ids to API keys", "From install ids to API keys", _at("/install-ids")),
    Place("not found", "Not found", "Not found", _at("/no/such/page", "alice")),
    Place("not allowed", "Not allowed", "Not allowed", _at("new key of a viewer", "vera")),
    Place("not possible", "Not possible here", "Not possible here", _at("/device/decide", "alice")),
    Place("too much", "Too much at once", "Too much at once", _ask_for_link("x" * 70_000)),
    Place(
        "crash",
        "Something went wrong",
        "Something went wrong",
        _with(
            "UPDATE membership SET role = role || '?'",
            "UPDATE membership SET role = rtrim(role, '?')",
        ),
    ),
    Place(
        "database down",
        "Back in a moment",
        "Back in a moment",
        _with("ALTER TABLE session RENAME TO away", "ALTER TABLE away RENAME TO session"),
    ),
]
