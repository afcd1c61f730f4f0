"""Every page, in every state that looks different. A new one is an entry in PAGE_STATES: all checks run there."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.browser.openers import (
    agent_fetches_its_key,
    already_shown,
    ask_for_link,
    at,
    contradicting_policy,
    decide,
    delete_long_after_signing_in,
    just_revoked,
    mistyped_organization,
    numbers_of_a_day,
    older_keys,
    one_too_many,
    refused_change,
    refused_form,
    refused_invitation,
    refused_name,
    removal_with_a_new_key,
    removed_with_new_keys,
    reveal,
    reveal_python,
    role_with_keys_to_decide_about,
    rotated,
    rotated_into_one_too_many,
    signed_out_meanwhile,
    tested,
    tested_another,
    tested_elsewhere,
    too_early_a_date,
    too_wide_a_change,
    type_code,
    used_link,
    while_broken,
    with_an_unreadable_cookie,
    with_the_own_address,
)
from tests.browser.visitor import Visitor


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


PAGE_STATES = [
    PageState("API description", "API description", "API description", at("/docs")),
    PageState("guide for agents", "Keys for agents", "Let an agent get its own key", at("/guide/agents")),
    PageState("guide", "Docs", "How to use API keys", at("/guide")),
    PageState("sign-in", "Sign in", "Sign in", at("/sign-in")),
    PageState("sign-in refused", "Problem: Sign in", "Sign in", ask_for_link("nobody at all")),
    PageState("signed out while a form was sent", "Sign in", "Sign in", signed_out_meanwhile),
    PageState("sign-in with an unreadable cookie", "Sign in", "Sign in", with_an_unreadable_cookie),
    PageState("sign-in link in dev mode", "Your sign-in link", "Your sign-in link", ask_for_link()),
    PageState("check your mail", "Check your email", "Check your email", ask_for_link(), needs_mail=True),
    PageState(
        "link in another browser", "Confirm sign-in", "Sign in as d•••@example.com?", at("mailed"), needs_mail=True
    ),
    PageState("link used", "Link expired or already used", "This link no longer works", used_link),
    PageState("link forged", "Link not valid", "This link is not valid", at("/v1/auth/callback?token=forged")),
    PageState("no keys", "Keys · erin’s organization", "Keys", at("/", "erin")),
    PageState("no keys for a viewer", "Keys · otto’s organization", "Keys", at("/", "vera")),
    PageState("keys", "Keys · alice’s organization", "Keys", at("/", "alice")),
    PageState("keys of one of two same-named", "Keys · tess’s organization", "Keys", at("keys of tess", "tess")),
    PageState("older keys", "Keys · max’s organization", "Keys", older_keys),
    PageState("key just revoked", "Keys · rita’s organization", "Keys", just_revoked),
    PageState("new key", "New key · alice’s organization", "New key", at("new", "alice")),
    PageState(
        "new key without a name",
        "Problem: New key · alice’s organization",
        "New key",
        refused_form(name=" ", scopes=True),
    ),
    PageState(
        "new key without a scope",
        "Problem: New key · alice’s organization",
        "New key",
        refused_form(name="Nightly report", scopes=False),
    ),
    PageState("new key from a template", "New key · alice’s organization", "New key", at("new from template", "alice")),
    PageState(
        "new key by a link that asks for too much",
        "Problem: New key · alice’s organization",
        "New key",
        at("new by link", "alice"),
    ),
    PageState("new key from here", "New key · alice’s organization", "New key", with_the_own_address),
    PageState(
        "new key until a day that is over",
        "Problem: New key · alice’s organization",
        "New key",
        too_early_a_date,
    ),
    PageState(
        "new key that is one too many",
        "Problem: New key · max’s organization",
        "New key",
        one_too_many,
    ),
    PageState("no key found", "Keys · alice’s organization", "Keys", at("no key found", "alice")),
    PageState("revoked keys", "Keys · alice’s organization", "Keys", at("revoked keys", "alice")),
    PageState("failing keys", "Keys · alice’s organization", "Keys", at("failing keys", "alice")),
    PageState(
        "revoke many", "Revoke 2 keys · alice’s organization", "Revoke these 2 keys?", at("revoke many", "alice")
    ),
    PageState("failing key", "Without the scope · alice’s organization", "Without the scope", at("failing", "alice")),
    PageState("suspended key", "On holiday · alice’s organization", "On holiday", at("suspended", "alice")),
    PageState("replaced key", "Being replaced · alice’s organization", "Being replaced", at("replaced", "alice")),
    PageState("key that replaces", "Being replaced · alice’s organization", "Being replaced", at("successor", "alice")),
    PageState("revoked key", "Old deploy bot · alice’s organization", "Old deploy bot", at("revoked", "alice")),
    PageState(
        "leaked key",
        "Report: Got out · alice’s organization",
        "The key is revoked. What it could do",
        at("leaked", "alice"),
    ),
    PageState(
        "rotate a suspended key",
        "Cannot rotate On holiday · alice’s organization",
        "This key cannot be rotated",
        at("rotate suspended", "alice"),
    ),
    PageState("key", "GitHub Action prod · alice’s organization", "GitHub Action prod", at("key", "alice")),
    PageState("change", "Change GitHub Action prod · alice’s organization", "Change this key", at("change", "alice")),
    PageState(
        "change with half a limit",
        "Problem: Change GitHub Action prod · alice’s organization",
        "Change this key",
        refused_change,
    ),
    PageState(
        "change a key on which an admin set limits",
        "Change Report of mia · otto’s organization",
        "Change this key",
        at("change of mia", "mia"),
    ),
    PageState(
        "change more than an admin allows",
        "Problem: Change Report of mia · otto’s organization",
        "Change this key",
        too_wide_a_change,
    ),
    PageState(
        "change a revoked key",
        "Cannot change Old deploy bot · alice’s organization",
        "This key cannot be changed",
        at("change revoked", "alice"),
    ),
    PageState("reveal", "Copy your key now · rita’s organization", "Copy your key now", reveal),
    PageState("reveal of code", "Copy your key now · rita’s organization", "Copy your key now", reveal_python),
    PageState("reveal after rotating", "Copy your key now · rita’s organization", "Copy your key now", rotated),
    PageState("key tested", "Key accepted · rita’s organization", "This key is accepted", tested),
    PageState(
        "key tested from elsewhere",
        "Key refused here · rita’s organization",
        "This key is refused here",
        tested_elsewhere,
    ),
    PageState("another key tested", "Key refused · rita’s organization", "This key is refused", tested_another),
    PageState("already shown", "Key already shown · rita’s organization", "This key was shown already", already_shown),
    PageState(
        "revoke",
        "Revoke GitHub Action prod · alice’s organization",
        "Revoke this key?",
        at("revoke active", "alice"),
    ),
    PageState(
        "revoke a revoked key",
        "Already revoked: Old deploy bot · alice’s organization",
        "This key is revoked",
        at("revoke revoked", "alice"),
    ),
    PageState(
        "rotate",
        "Rotate GitHub Action prod · alice’s organization",
        "Rotate this key?",
        at("rotate active", "alice"),
    ),
    PageState(
        "rotate an expired key",
        "Cannot rotate Trial of the importer · alice’s organization",
        "This key cannot be rotated",
        at("rotate expired", "alice"),
    ),
    PageState(
        "rotate into one key too many",
        "Problem: Rotate Key 50 · max’s organization",
        "Rotate this key?",
        rotated_into_one_too_many,
    ),
    PageState("usage", "Usage · alice’s organization", "Usage", at("usage", "alice")),
    PageState("usage with the numbers of a day", "Usage · alice’s organization", "Usage", numbers_of_a_day),
    PageState("no usage", "Usage · erin’s organization", "Usage", at("no usage", "erin")),
    PageState("members", "Members · alice’s organization", "Members", at("members", "alice")),
    PageState("members for a member", "Members · otto’s organization", "Members", at("members for mia", "mia")),
    PageState(
        "role",
        "Change the role of mia@example.com · otto’s organization",
        "Change the role of mia@example.com",
        at("role of mia", "otto"),
    ),
    PageState(
        "role with keys to decide about",
        "Keys to decide about: Change the role of mia@example.com · otto’s organization",
        "Change the role of mia@example.com",
        role_with_keys_to_decide_about,
    ),
    PageState(
        "remove a member",
        "Remove mia@example.com · otto’s organization",
        "Remove mia@example.com?",
        at("removal of mia", "otto"),
    ),
    PageState(
        "remove a member who made a key meanwhile",
        "Problem: Remove mia@example.com · otto’s organization",
        "Remove mia@example.com?",
        removal_with_a_new_key,
    ),
    PageState(
        "new keys after removing a member",
        "Copy the new keys now · rita’s organization",
        "Copy the new keys now",
        removed_with_new_keys,
    ),
    PageState("leave", "Leave · otto’s organization", "Leave otto’s organization?", at("mia leaves", "mia")),
    PageState(
        "leave as the last owner",
        "Cannot leave yet · otto’s organization",
        "You cannot leave yet",
        at("mia leaves", "otto"),
    ),
    PageState(
        "invite a member",
        "Problem: Invite somebody · alice’s organization",
        "Invite somebody",
        refused_invitation,
    ),
    PageState(
        "invitation of somebody else",
        "Invitation to alice’s organization",
        "Invitation to alice’s organization",
        at("invitation", "vera"),
    ),
    PageState("invitation", "Join alice’s organization?", "Join alice’s organization?", at("invitation", "ines")),
    PageState(
        "invitation that is not open",
        "Invitation not open",
        "This invitation is not open",
        at("/invitations/inv_none"),
    ),
    PageState("invitations at home", "You have 1 invitation", "You have 1 invitation", at("/", "ines")),
    PageState("audit log", "Audit log · alice’s organization", "Audit log", at("audit-log", "alice")),
    PageState(
        "audit log of one key", "Audit log · alice’s organization", "Audit log", at("audit log of a key", "alice")
    ),
    PageState("audit log without a match", "Audit log · alice’s organization", "Audit log", at("no entries", "alice")),
    PageState("broken audit log", "Audit log · rita’s organization", "Audit log", at("broken log", "rita")),
    PageState("audit log for a viewer", "Audit log · otto’s organization", "Audit log", at("log of otto", "vera")),
    PageState("settings", "Settings · alice’s organization", "Settings", at("settings", "alice")),
    PageState(
        "settings with a refused name",
        "Problem: Settings · alice’s organization",
        "Settings",
        refused_name("settings", "alice", "Save name"),
    ),
    PageState(
        "delete an organization",
        "Delete this organization · alice’s organization",
        "Delete alice’s organization?",
        at("delete", "alice"),
    ),
    PageState(
        "delete another organization than the one that is typed",
        "Problem: Delete this organization · alice’s organization",
        "Delete alice’s organization?",
        mistyped_organization,
    ),
    PageState(
        "delete an organization long after signing in",
        "Delete this organization · hugo’s organization",
        "Delete hugo’s organization?",
        delete_long_after_signing_in,
    ),
    PageState("new organization", "New organization", "New organization", at("/orgs/new", "alice")),
    PageState(
        "new organization with a refused name",
        "Problem: New organization",
        "New organization",
        refused_name("/orgs/new", "alice", "Create organization"),
    ),
    PageState("policy for keys", "Policy for keys · hugo’s organization", "Policy for keys", at("policy", "hugo")),
    PageState(
        "policy for keys as members see it",
        "Policy for keys · hugo’s organization",
        "Policy for keys",
        at("policy", "ida"),
    ),
    PageState(
        "policy for keys that contradicts itself",
        "Problem: Policy for keys · hugo’s organization",
        "Policy for keys",
        contradicting_policy,
    ),
    PageState("new key by a policy", "New key · hugo’s organization", "New key", at("new by policy", "ida")),
    PageState("sessions", "Your account", "Your account", at("/sessions", "alice")),
    PageState("mails", "Mails", "Mails", at("/account/mails", "alice")),
    PageState("organizations", "Your organizations", "Your organizations", at("/", "mona")),
    PageState("organizations and an invitation", "Your organizations", "Your organizations", at("/", "hugo")),
    PageState("no organization", "No organization yet", "No organization yet", at("/", "nora")),
    PageState("connect an agent", "Connect an agent", "Connect an agent", at("/device", "alice")),
    PageState(
        "connect an agent by link",
        "Connect an agent",
        "Connect an agent",
        at("/device?user_code=WDJB-MJHT", "alice"),
    ),
    PageState("connect by a wrong code", "Problem: Connect an agent", "Connect an agent", type_code("WDJB-MJHT")),
    PageState("decide about an agent", "Connect Claude Code?", "Give this agent a key?", type_code()),
    PageState("a viewer decides", "Connect Claude Code?", "Give this agent a key?", type_code(who="vera")),
    PageState(
        "decide without a scope",
        "Problem: Connect Claude Code?",
        "Give this agent a key?",
        decide("Approve", scopes=False),
    ),
    PageState(
        "decide about one key too many",
        "Problem: Connect Claude Code?",
        "Give this agent a key?",
        decide("Approve", who="max"),
    ),
    PageState("agent connected", "Agent connected", "Claude Code gets its key", decide("Approve")),
    PageState("agent has its key", "Agent has its key", "Claude Code has its key", agent_fetches_its_key),
    PageState("agent denied", "Request denied", "Request denied", decide("Deny")),
    PageState("accessibility", "Accessibility", "Accessibility", at("/accessibility")),
    PageState(
        "install ids", "Move from install IDs to API keys", "Move from install IDs to API keys", at("/install-ids")
    ),
    PageState("not found", "Not found", "Not found", at("/no/such/page", "alice")),
    PageState("not allowed", "Not allowed", "Not allowed", at("new key of a viewer", "vera")),
    PageState("not possible", "Method not allowed", "Method not allowed", at("/device/decide", "alice")),
    PageState("too much", "Too much data", "Too much data", ask_for_link("x" * 70_000)),
    PageState(
        "crash",
        "Something went wrong",
        "Something went wrong",
        while_broken(
            "UPDATE membership SET role = role || '?'",
            "UPDATE membership SET role = rtrim(role, '?')",
        ),
    ),
    PageState(
        "database down",
        "Temporarily unavailable",
        "Temporarily unavailable",
        while_broken("ALTER TABLE session RENAME TO away", "ALTER TABLE away RENAME TO session"),
    ),
]
