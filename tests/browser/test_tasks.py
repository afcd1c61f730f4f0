"""What people come for, each done with the pages alone."""

import re
from urllib.parse import urlsplit

import httpx
import pytest
from click.testing import CliRunner
from playwright.sync_api import expect

from app.cli import cli as commands
from tests.browser.visitor import fresh_email
from tests.system.visitors import query

JAVASCRIPT = pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])


@pytest.fixture
def someone(open_browser, javascript):
    return open_browser(java_script_enabled=javascript).sign_in()


def use(visitor, key, path="/v1/me"):
    return httpx.get(visitor.site.url + path, headers={"x-api-key": key, "User-Agent": "nightly/1.0"}).status_code


def flushed(visitor, path):
    """Until the page of the key says that it was used: counts are written once a second."""
    for _ in range(50):
        visitor.page.goto(path)
        if visitor.page.get_by_text("nightly/1.0").count():
            return
        visitor.page.wait_for_timeout(100)
    raise AssertionError("no use was written")


@JAVASCRIPT
def test_the_one_key_that_fails_among_many_is_found_with_the_reason(someone):
    page = someone.page
    path, key = someone.key_from_api("report", "notes:read")
    someone.site.add_keys(path.split("/")[2], 399)
    assert use(someone, key, "/v1/telemetry") == 403
    flushed(someone, path)
    page.get_by_role("link", name="Keys", exact=True).click()
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text("1–50 of 400")
    expect(page.get_by_role("link", name="report")).to_have_count(0)
    page.get_by_role("link", name="1 failing today").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="report").click()
    expect(page.locator(".notice")).to_contain_text("Requests with this key fail.")
    expect(page.locator(".notice")).to_contain_text("Needs agent:r")
    page.get_by_role("link", name="Add the scope").click()
    expect(page.get_by_role("checkbox", name=re.compile("^agent:r "))).to_be_checked()
    page.get_by_role("button", name="Save changes").click()
    assert use(someone, key, "/v1/telemetry") == 200


@JAVASCRIPT
def test_after_a_rotation_one_sees_who_still_uses_the_old_key(someone):
    page = someone.page
    path, key = someone.key_from_api("worker")
    page.goto(path)
    page.get_by_role("link", name="Rotate").click()
    page.get_by_label("The old key stops working").select_option("In one day")
    page.get_by_label("It may stop sooner").select_option("Once unused for an hour")
    page.get_by_role("button", name="Rotate key").click()
    new = someone.shown_key()
    assert (use(someone, key), use(someone, new)) == (200, 200)
    flushed(someone, path)
    notice = page.locator(".notice", has_text="Being replaced by")
    expect(notice).to_contain_text("This old key is still used: 1 request")
    expect(notice).to_contain_text("from 127.0.0.1 by nightly/1.0")
    expect(notice).to_contain_text("or once nobody has used it for 1 hour")
    page.get_by_role("button", name="Give it a day more").click()
    expect(page.get_by_role("status").first).to_contain_text("works until")
    page.get_by_role("link", name="Stop it now").click()
    page.get_by_role("button", name="Revoke key").click()
    assert (use(someone, key), use(someone, new)) == (401, 200)


@JAVASCRIPT
def test_a_key_that_got_out_is_found_by_what_was_pasted_revoked_and_reported(someone):
    page = someone.page
    path, key = someone.key_from_api("worker")
    someone.key_from_api("another")
    use(someone, key)
    flushed(someone, path)
    page.get_by_role("link", name="Keys", exact=True).click()
    page.get_by_label("Search keys").fill(f"export KEY={key}")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name="worker")).to_be_visible()
    assert urlsplit(page.url).path == path
    assert key not in page.url + page.content()
    page.get_by_role("link", name="Report as leaked").click()
    page.get_by_role("button", name="Revoke key").click()
    report = page.locator("#report")
    expect(report).to_contain_text("1 let through, 0 refused")
    expect(report).to_contain_text("from 127.0.0.1, by nightly/1.0")
    page.get_by_role("link", name="See the key").click()
    expect(page.get_by_text("You can undo this until")).to_have_count(0)
    assert use(someone, key) == 401


@JAVASCRIPT
def test_a_revoke_is_undone(someone):
    page = someone.page
    path, key = someone.key_from_api("worker")
    page.goto(path)
    page.get_by_role("link", name="Revoke").click()
    page.get_by_role("button", name="Revoke key").click()
    assert use(someone, key) == 401
    page.get_by_role("button", name="Undo: let it work again").click()
    expect(page.get_by_role("status").first).to_contain_text("works again")
    assert use(someone, key) == 200


@JAVASCRIPT
def test_several_keys_are_selected_and_revoked_together(someone):
    page = someone.page
    keys = [someone.key_from_api(name)[1] for name in ("one", "two", "three")]
    page.goto("/")
    for name in ("one", "three"):
        page.get_by_role("checkbox", name=f"Select {name}").check()
    page.get_by_role("button", name="Revoke selected…").click()
    expect(page.get_by_role("heading", name="Revoke these 2 keys?")).to_be_visible()
    page.get_by_role("button", name="Revoke 2 keys").click()
    expect(page.get_by_role("status").first).to_contain_text("2 keys are revoked")
    assert [use(someone, key) for key in keys] == [401, 200, 401]


@JAVASCRIPT
def test_a_key_is_suspended_and_resumed(someone):
    page = someone.page
    path, key = someone.key_from_api("worker")
    page.goto(path)
    page.get_by_role("button", name="Suspend").click()
    assert use(someone, key) == 401
    page.get_by_role("button", name="Resume").click()
    assert use(someone, key) == 200


@JAVASCRIPT
def test_last_weeks_requests_and_the_docs_are_one_click_away(someone):
    page = someone.page
    path, key = someone.key_from_api("worker")
    use(someone, key)
    flushed(someone, path)
    page.get_by_role("link", name="Usage", exact=True).click()
    expect(page.get_by_role("heading", name="Requests in the last 7 days")).to_be_visible()
    expect(page.locator(".totals").first).to_contain_text("1")
    page.get_by_role("banner").get_by_role("link", name="Docs").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@JAVASCRIPT
def test_keys_that_never_expire_are_ruled_out_and_the_old_one_is_replaced(someone):
    page = someone.page
    _, key = someone.key_from_api("worker")
    page.goto("/")
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="The policy, and the keys outside of it").click()
    page.get_by_label("Longest expiry, in days").fill("60")
    page.get_by_role("button", name="Save policy").click()
    expect(page.get_by_role("status").first).to_contain_text("The policy is changed.")
    row = page.get_by_role("row", name=re.compile("^worker "))
    expect(row).to_contain_text("Never expires.")
    assert use(someone, key) == 200
    row.get_by_role("link", name="Rotate").click()
    expect(page.get_by_text("end after at most 60 days")).to_be_visible()
    page.get_by_label("The old key stops working").select_option("At once")
    page.get_by_role("button", name="Rotate key").click()
    assert use(someone, someone.shown_key()) == 200
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="The policy, and the keys outside of it").click()
    expect(page.get_by_text("Every working key is within the policy.")).to_be_visible()
    page.get_by_role("link", name="Keys", exact=True).click()
    page.get_by_role("link", name="New key").click()
    assert page.get_by_label("Expires").locator("option").all_inner_texts() == ["In 30 days", "In 60 days", "On a date"]


def test_a_colleague_is_removed_their_keys_are_decided_about_and_another_one_leaves(open_browser):
    """Without JavaScript."""
    owner, dora, ben = (open_browser(java_script_enabled=False).sign_in() for _ in range(3))
    org = owner.context.request.get("/v1/orgs").json()["data"][0]["id"]
    keys = {}
    for colleague, names in ((dora, ("Report", "Deploy", "Old")), (ben, ("Laptop",))):
        _join(colleague, org)
        for name in names:
            made = colleague.context.request.post(f"/v1/orgs/{org}/keys", data={"name": name}).json()["data"]
            keys[name] = made["key"]
    page = owner.page
    page.goto(f"/orgs/{org}/keys")
    page.get_by_role("link", name="Members", exact=True).click()
    page.get_by_role("link", name=f"Remove {_address(dora)}").click()
    for name, choice in (
        ("Report", "Keep it, and hand it over to the organization"),
        ("Deploy", "Rotate it; the new key belongs to you"),
        ("Old", "Revoke it"),
    ):
        page.get_by_role("listitem").filter(has_text=name).get_by_label("What happens to it").select_option(choice)
    page.get_by_label("Keys that are rotated stop working").select_option("At once")
    page.get_by_role("button", name="Remove member").click()
    new = page.locator("code[data-secret]").inner_text()
    assert [use(owner, keys[name]) for name in ("Report", "Deploy", "Old")] == [200, 401, 401]
    assert use(owner, new) == 200
    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_role("row").filter(has_text=_address(dora))).to_have_count(0)
    assert dora.page.goto(f"/orgs/{org}/members").status == 404

    ben.page.goto(f"/orgs/{org}/members")
    ben.page.get_by_role("link", name="Leave").click()
    ben.page.get_by_label("What happens to it").select_option(f"Keep it, and hand it over to {_address(owner)}")
    ben.page.get_by_role("button", name="Leave").click()
    expect(ben.page.get_by_role("status").first).to_contain_text("You are no longer a member of")
    assert use(owner, keys["Laptop"]) == 200


def test_a_colleague_is_invited_signs_in_joins_and_is_seen_among_the_members(open_browser, with_mail, mailbox):
    """By real mail, in two browsers, without JavaScript."""
    ann, ben = (open_browser(with_mail, java_script_enabled=False) for _ in range(2))
    owner, colleague = fresh_email(), fresh_email()
    page = ann.page
    page.goto("/sign-in")
    page.get_by_label("Email address").fill(owner)
    page.get_by_role("button", name="Send me a sign-in link").click()
    page.goto(_mailed_link(mailbox, owner, "callback"))
    page.get_by_role("link", name="Members", exact=True).click()
    page.get_by_role("link", name="Invite somebody").click()
    page.get_by_label("Email address").fill(colleague)
    page.get_by_label("Role").select_option("Viewer")
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_role("status").first).to_contain_text(f"{colleague} is invited as a viewer.")

    page = ben.page
    page.goto(_mailed_link(mailbox, colleague, "invitations"))
    expect(page.get_by_role("main")).to_contain_text(f"{owner} invites")
    page.get_by_role("button", name="Send me a sign-in link").click()
    page.goto(_mailed_link(mailbox, colleague, "callback"))
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("status").first).to_contain_text("You are a member of")

    ann.page.get_by_role("link", name="Members", exact=True).click()
    expect(ann.page.get_by_role("row").filter(has_text=colleague)).to_contain_text("Viewer")
    expect(ann.page.get_by_text("Nobody is invited at the moment.")).to_be_visible()


def _mailed_link(mailbox, address, part):
    """The path of the link with this word in it, from a mail to the address."""
    text = mailbox.wait_for(address, containing=part).get_body(("plain",)).get_content()
    return re.search(rf"http://localhost:\d+(/\S*{part}\S*)", text)[1]


def _address(visitor):
    return visitor.page.locator("header .who").inner_text()


def _join(visitor, org):
    """As the operator does it."""
    adds = (
        "INSERT INTO membership (org_id, person_id, role, created_at)"
        " SELECT :org, id, 'member', created_at FROM person WHERE email = :email"
    )
    query(visitor.site.database_url, adds, org=org, email=_address(visitor))


@JAVASCRIPT
def test_one_sees_who_revoked_what_and_checks_the_log_at_home(someone, tmp_path):
    page = someone.page
    path, _ = someone.key_from_api("worker")
    page.goto(path)
    page.get_by_role("link", name="Revoke").click()
    page.get_by_role("button", name="Revoke key").click()
    page.get_by_role("link", name="Audit log", exact=True).click()
    page.get_by_label("What was done").select_option("Keys revoked or suspended")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text(re.compile("@example.com revoked worker"))
    with page.expect_download() as started:
        page.get_by_role("link", name="Download the whole log").click()
    started.value.save_as(tmp_path / "log.jsonl")
    done = CliRunner().invoke(commands, ["audit", "verify", str(tmp_path / "log.jsonl")])
    assert (done.exit_code, "4 entries, intact" in done.stdout) == (0, True), done.output
