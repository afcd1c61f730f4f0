"""A policy that allows no key for ever, and one that lets members give few scopes, at every door there is."""

import ast
import hashlib
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.api.device_grants import GRANT_TYPE
from app.domain.errors import DomainError
from app.domain.key_policy import KeyPolicyChange
from app.domain.member_roles import Role
from app.services import dev_test_tokens, key_policy, operator_keys
from app.store import keys as key_store
from app.store import named_keys, organizations
from app.store.transaction import transaction
from app.web import key_settings
from tests.actors import Actor
from tests.cli.conftest import Operator
from tests.databases import SECRET

ROOT = Path(__file__).parent.parent.parent
APP = ROOT / "app"

#: What makes a key, or changes what it may do and for how long. Everything that leads to one of these is a door.
ROOTS = {
    "app.store.keys.add",
    "app.store.keys.add_missing",
    "app.services.key_settings.apply",
    "app.services.rotation_overlap._move_end",
    "app.services.device_grants.approve",
    "app.services.key_suspension.resume",
    "app.services.key_revocation.undo",
}
#: Where services set the expiry or the scopes of a key, or give it back its life.
SETTERS = {
    "app.services.key_settings.apply",
    "app.services.rotation_overlap._move_end",
    # Earlier than it was: the old key of a rotation.
    "app.services.key_rotation._end",
    "app.services.key_suspension.resume",
    "app.services.key_suspension.suspend",
    "app.services.key_revocation.undo",
    # What its agent gets is judged here, and again when the key is made.
    "app.services.device_grants._approve",
    "app.services.operator_organizations.set_organization_disabled",
    "app.services.operator_organizations.set_person_disabled",
    # Organizations, not keys.
    "app.services.organization_deletion._delete",
    "app.services.organization_deletion.restore",
}
LONGEST = 90
ALLOWED, NOT_ALLOWED = "notes:read", "notes:write"


@dataclass
class World:
    """Bob is a member. `kept` is a key of his from before the policy, which never expires."""

    app: Any
    bob: Actor
    owner: Actor
    operator: Operator
    clock: Any
    kept: dict[str, Any]
    folder: Path
    #: Of an agent that was approved before the policy.
    codes: dict[str, str] = field(default_factory=dict)

    def of_kept(self, tail: str = "") -> str:
        return f"/v1/orgs/{self.bob.org}/keys/{self.kept['id']}{tail}"

    @property
    def keys(self) -> str:
        return f"/v1/orgs/{self.bob.org}/keys"


@dataclass(frozen=True)
class Door:
    """What it answers to somebody who wants a key for ever, and to a member who wants a scope that members may not
    give. `try_it` returns whether it did what was asked, as far as its answer says."""

    try_it: Callable[[World, dict[str, Any]], bool]
    for_ever: str
    scopes: str


def suspended(world: World) -> None:
    assert world.bob.http.post(world.of_kept("/suspend")).status_code == 200


def revoked(world: World) -> None:
    assert world.bob.http.post(world.of_kept("/revoke")).status_code == 200


def rotated(world: World) -> None:
    overlap = {"overlap_seconds": 29 * 86_400}
    assert world.bob.http.post(world.of_kept("/rotate"), json=overlap).status_code == 201


def approved(world: World) -> None:
    world.codes = begin_device(world)
    form = {"code": world.codes["user_code"], "decision": "approve", "org": world.bob.org, "scopes": [NOT_ALLOWED]}
    assert world.bob.http.post("/device/decide", data=form).status_code == 303


def begin_device(world: World) -> dict[str, str]:
    form = {"client_id": "agent", "scope": f"{ALLOWED} {NOT_ALLOWED}"}
    found: dict[str, str] = world.bob.http.post("/v1/device/authorize", data=form).get_json()
    return found


def by_api(world: World, wanted: dict[str, Any]) -> bool:
    return world.bob.http.post(world.keys, json={"name": "New", **wanted}).status_code == 201


def by_session_token(world: World, wanted: dict[str, Any]) -> bool:
    body = {"name": "New", "org_id": world.bob.org, **wanted}
    return world.bob.http.post("/v1/keys/create", json=body).status_code == 201


def change(world: World, wanted: dict[str, Any]) -> bool:
    prepare_change(world)
    asked = {"expires_at": None} if "expires_at" in wanted else {"scopes": wanted["scopes"]}
    return world.bob.http.patch(world.of_kept(), json=asked).status_code == 200


def prepare_change(world: World) -> None:
    """What does not change is not judged, so the key first gets an end, and scopes that members may give."""
    narrowed = {"expires_at": "2026-05-01T00:00:00Z", "scopes": [ALLOWED]}
    assert world.bob.http.patch(world.of_kept(), json=narrowed).status_code == 200


def rotate(world: World, wanted: dict[str, Any]) -> bool:
    return world.bob.http.post(world.of_kept("/rotate")).status_code == 201


def _post(world: World, path: str, **form: Any) -> int:
    return world.bob.http.post(f"/orgs/{world.bob.org}/keys{path}", data=form).status_code


def by_form(world: World, wanted: dict[str, Any]) -> bool:
    return (
        _post(world, "/new", name="New", scopes=wanted["scopes"], expires="" if "expires_at" in wanted else "30") == 201
    )


def change_by_form(world: World, wanted: dict[str, Any]) -> bool:
    prepare_change(world)
    page = world.bob.http.get(f"/orgs/{world.bob.org}/keys/{world.kept['id']}/change").text
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen
    expires = "" if "expires_at" in wanted else key_settings.KEEP
    form = {"name": "New", "seen": seen[1], "scopes": wanted["scopes"], "expires": expires}
    return _post(world, f"/{world.kept['id']}/change", **form) == 303


def rotate_by_form(world: World, wanted: dict[str, Any]) -> bool:
    return _post(world, f"/{world.kept['id']}/rotate", overlap="0") == 201


def extend(world: World, wanted: dict[str, Any]) -> bool:
    before = _key(world, world.kept["id"]).expires_at
    assert _post(world, f"/{world.kept['id']}/extend") == 303
    return _key(world, world.kept["id"]).expires_at != before


def extend_by_api(world: World, wanted: dict[str, Any]) -> bool:
    return world.bob.http.post(f"{world.keys}/{world.kept['id']}/extend").status_code == 200


def extend_by_command(world: World, wanted: dict[str, Any]) -> bool:
    # What the command calls: its own clock is the real one, by which the old key has ended.
    with world.app.app_context():
        try:
            operator_keys.extend_key(world.app.extensions["runtime"], world.kept["id"])
        except DomainError:
            return False
        return True


def remove_and_rotate(world: World, wanted: dict[str, Any]) -> bool:
    body = {"others": {"action": "rotate", "owner": None}}
    return (
        world.owner.http.delete(f"/v1/orgs/{world.bob.org}/members/{world.bob.person_id}", json=body).status_code == 200
    )


def remove_and_rotate_by_form(world: World, wanted: dict[str, Any]) -> bool:
    page = f"/orgs/{world.bob.org}/members/{world.bob.person_id}/remove"
    rotates = re.findall(r'<option value="(rotate[^"]*)"', world.owner.http.get(page).text)[0]
    form = {"key": world.kept["id"], "decision": rotates}
    return world.owner.http.post(page, data=form).status_code == 201


def leave(world: World, wanted: dict[str, Any]) -> bool:
    page = f"/orgs/{world.bob.org}/members/leave"
    hands_over = re.findall(r'<option value="(hand_over[^"]*)"', world.bob.http.get(page).text)[0]
    return world.bob.http.post(page, data={"key": world.kept["id"], "decision": hands_over}).status_code == 303


def sign_up(world: World, wanted: dict[str, Any]) -> bool:
    asked = world.bob.http.post("/v1/agent/sign-up", json={"email": world.bob.email}).get_json()
    body = {"email": world.bob.email, "otp_code": asked["devCode"]}
    answer = world.bob.http.post("/v1/agent/verify", json=body)
    if answer.status_code == 200:
        # The answer tells the expiry that nobody asked for.
        assert answer.get_json()["expires_at"] == "2026-07-15T12:00:00Z"
    return answer.status_code == 200


def approve(world: World, wanted: dict[str, Any]) -> bool:
    codes = begin_device(world)
    form = {"code": codes["user_code"], "decision": "approve", "org": world.bob.org, "scopes": wanted["scopes"]}
    approved = world.bob.http.post("/device/decide", data=form)
    polled = _poll(world, codes)
    assert (approved.status_code == 303) is ("access_token" in polled)
    if "access_token" in polled:
        assert polled["expires_in"] == LONGEST * 86_400
    return approved.status_code == 303


def poll_what_was_approved_before(world: World, wanted: dict[str, Any]) -> bool:
    return "access_token" in _poll(world, world.codes)


def _poll(world: World, codes: dict[str, str]) -> dict[str, Any]:
    form = {"grant_type": GRANT_TYPE, "device_code": codes["device_code"]}
    found: dict[str, Any] = world.bob.http.post("/v1/device/token", data=form).get_json()
    return found


def dev_test_token(world: World, wanted: dict[str, Any]) -> bool:
    # Its route exists only if the operator enables it, and does nothing else.
    with world.app.app_context():
        return bool(dev_test_tokens.issue(world.app.extensions["runtime"], client="127.0.0.1"))


def resume(world: World, wanted: dict[str, Any]) -> bool:
    return world.bob.http.post(f"{world.keys}/{world.kept['id']}/resume").status_code == 200


def undo(world: World, wanted: dict[str, Any]) -> bool:
    return world.bob.http.post(f"{world.keys}/{world.kept['id']}/undo-revoke").status_code == 200


def resume_by_button(world: World, wanted: dict[str, Any]) -> bool:
    return _post(world, f"/{world.kept['id']}/resume") == 303


def undo_by_button(world: World, wanted: dict[str, Any]) -> bool:
    return _post(world, f"/{world.kept['id']}/undo-revoke") == 303


def command(*words: str) -> Callable[[World, dict[str, Any]], bool]:
    def try_it(world: World, wanted: dict[str, Any]) -> bool:
        scopes = [word for scope in wanted["scopes"] for word in ("--scope", scope)]
        named = {"ORG": world.bob.org, "KEY": world.kept["id"], "EMAIL": world.bob.email}
        takes_scopes = scopes if words[0] == "create" else []
        return world.operator.try_to(*(named.get(word, word) for word in words), *takes_scopes).exit_code == 0

    return try_it


def change_by_command(world: World, wanted: dict[str, Any]) -> bool:
    world.operator.run("set", world.kept["id"], "--expires-in-days", "9")
    asked = ["--never-expires"] if "expires_at" in wanted else ["--scope", *wanted["scopes"]]
    return world.operator.try_to("set", world.kept["id"], *asked).exit_code == 0


def import_file(world: World, wanted: dict[str, Any]) -> bool:
    ends = "" if "expires_at" in wanted else "2026-05-01T00:00:00Z"
    digest = hashlib.sha256(b"a key of another system").hexdigest()
    file = world.folder / "keys.csv"
    file.write_text(f"hash,name,scopes,expires_at\n{digest},Old,{wanted['scopes'][0]},{ends}\n")
    return world.operator.try_to("import", file, "--org", world.bob.org).exit_code == 0


def seed(world: World, wanted: dict[str, Any]) -> bool:
    return world.operator.try_to("seed", "--keys", 1, "--write", world.folder / "seeded").exit_code == 0


#: `shortened`: it gives a key, but not for ever. `as it was`: it brings an existing key back, which is no new key.
#: `operator`: what members may give limits neither operators nor the owner who removes one.
#: `elsewhere`: it makes no key of an organization that can have a policy.
DOORS = {
    "app.api.keys.create": Door(by_api, "refused", "refused"),
    "app.api.keys.rotate": Door(rotate, "shortened", "refused"),
    "app.api.keys.resume": Door(resume, "as it was", "as it was"),
    "app.api.keys.undo_revoke": Door(undo, "as it was", "as it was"),
    "app.api.keys.extend": Door(extend_by_api, "refused", "refused"),
    "app.api.key_settings.change": Door(change, "refused", "refused"),
    "app.api.keys_by_session_token.create": Door(by_session_token, "refused", "refused"),
    "app.api.agent_sign_up.verify": Door(sign_up, "shortened", "refused"),
    "app.api.device_grants.token": Door(poll_what_was_approved_before, "shortened", "refused"),
    "app.api.dev_test_tokens.create": Door(dev_test_token, "shortened", "operator"),
    "app.api.members.remove": Door(remove_and_rotate, "shortened", "operator"),
    "app.web.member_removal.remove": Door(remove_and_rotate_by_form, "shortened", "operator"),
    "app.web.member_removal.leave": Door(leave, "elsewhere", "elsewhere"),
    "app.web.keys.create": Door(by_form, "refused", "refused"),
    "app.web.keys.rotate": Door(rotate_by_form, "shortened", "refused"),
    "app.web.keys.extend": Door(extend, "refused", "refused"),
    "app.web.key_settings.change": Door(change_by_form, "refused", "refused"),
    "app.web.key_suspension.resume": Door(resume_by_button, "as it was", "as it was"),
    "app.web.key_revocation.undo_revoke": Door(undo_by_button, "as it was", "as it was"),
    "app.web.device_grants.decide": Door(approve, "shortened", "refused"),
    "app.cli.keys.create": Door(command("create", "--org", "ORG"), "shortened", "operator"),
    "app.cli.keys.rotate": Door(command("rotate", "KEY"), "shortened", "operator"),
    "app.cli.keys.extend": Door(extend_by_command, "refused", "operator"),
    "app.cli.key_settings.set_key": Door(change_by_command, "refused", "operator"),
    "app.cli.imported_keys.import_keys": Door(import_file, "refused", "operator"),
    "app.cli.members.remove_member": Door(
        command("members", "remove", "ORG", "EMAIL", "--keys", "rotate"), "shortened", "operator"
    ),
    "app.cli.benchmark_keys.seed": Door(seed, "elsewhere", "elsewhere"),
}


@pytest.fixture
def policy(app, cast, clock, database, tmp_path, monkeypatch, name):
    """Sets a policy, in a world that was there before it."""
    monkeypatch.chdir(tmp_path)
    bob = cast.bob
    kept = bob.create_key(scopes=[NOT_ALLOWED])
    world = World(app, bob, cast.alice, Operator(DATABASE_URL=database, SECRET_KEY=SECRET), clock, kept, tmp_path)
    prepare = {"resume": suspended, "undo_revoke": revoked, "extend": rotated, "token": approved}
    prepare.get(name.rpartition(".")[2], lambda _: None)(world)

    def set_policy(wanted: KeyPolicyChange) -> World:
        with app.app_context():
            with transaction():
                # Test tokens are theirs.
                operators = organizations.operators(clock()).id
            for org_id in (bob.org, operators):
                key_policy.change_as_operator(app.extensions["runtime"], org_id, wanted, actor="a test")
        return world

    return set_policy


def _key(world: World, key_id: str) -> Any:
    with world.app.app_context():
        found = key_store.get(world.bob.org, key_id)
        assert found
        return found.key


def _keys(world: World) -> dict[str, Any]:
    """The expiry and the scopes of each working key, in whichever organization, by ID."""
    with world.app.app_context():
        return {key.id: (key.expires_at, key.scopes) for key in named_keys.working(world.clock())}


@pytest.mark.parametrize("name", DOORS)
def test_no_door_lets_a_key_live_for_ever(policy, name):
    door = DOORS[name]
    world = policy({"longest_expiry_days": 29 if name.endswith("extend") else LONGEST})
    before = _keys(world)
    did = door.try_it(world, {"scopes": [ALLOWED], "expires_at": None})
    assert did is (door.for_ever != "refused"), name
    made = {key: settings for key, settings in _keys(world).items() if settings != before.get(key)}
    if door.for_ever in {"refused", "shortened"}:
        assert all(expires_at is not None for expires_at, _ in made.values()), name
    if door.for_ever == "as it was":
        key = _key(world, world.kept["id"])
        assert (key.revoked_at, key.suspended_at, key.expires_at, key.scopes) == (None, None, None, (NOT_ALLOWED,)), (
            name
        )


@pytest.mark.parametrize("name", DOORS)
def test_no_door_gives_a_scope_that_members_may_not_give(policy, name):
    door = DOORS[name]
    world = policy({"scopes_by_role": {Role.MEMBER: [ALLOWED]}})
    before = _keys(world)
    did = door.try_it(world, {"scopes": [NOT_ALLOWED]})
    assert did is (door.scopes != "refused"), name
    made = {key: settings for key, settings in _keys(world).items() if settings != before.get(key)}
    if door.scopes == "refused":
        assert all(scopes == (ALLOWED,) for _, scopes in made.values()), name
    if door.scopes == "as it was":
        key = _key(world, world.kept["id"])
        assert (key.revoked_at, key.suspended_at, key.expires_at, key.scopes) == (None, None, None, (NOT_ALLOWED,)), (
            name
        )


def references() -> dict[str, set[str]]:
    """What each function of ours refers to: our functions, by their full names."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in sorted(APP.rglob("*.py")):
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        tree = ast.parse(file.read_text())
        names = {node.name: f"{module}.{node.name}" for node in tree.body if isinstance(node, ast.FunctionDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
            for node in ast.walk(function):
                if isinstance(node, ast.Name) and node.id in names:
                    found[f"{module}.{function.name}"].add(names[node.id])
                elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
                    found[f"{module}.{function.name}"].add(f"{names[node.value.id]}.{node.attr}")
    return found


def test_these_are_all_doors():
    refers = references()
    reach = set(ROOTS)
    while more := {name for name, to in refers.items() if to & reach} - reach:
        reach |= more
    # What a file keeps for itself is a part of the views and commands that use it.
    outer = {name for name in reach if name.split(".")[1] in {"api", "cli", "web", "http", "wsgi", "process", "mail"}}
    assert {name for name in outer if "._" not in name} == set(DOORS)
    assert {"app.services.keys.issue", "app.services.imported_keys.import_keys"} <= reach


def test_services_set_expiry_scopes_and_life_of_a_key_nowhere_else():
    setters = set()
    for file in sorted((APP / "services").glob("*.py")):
        for function in (node for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)):
            targets = [
                target
                for node in ast.walk(function)
                if isinstance(node, ast.Assign)
                for one in node.targets
                for target in (one.elts if isinstance(one, ast.Tuple) else [one])
            ]
            sets = {target.attr for target in targets if isinstance(target, ast.Attribute)}
            calls = {
                node.func.id
                for node in ast.walk(function)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            }
            if sets & {"expires_at", "scopes", "suspended_at", "revoked_at", "disabled_at"} or "setattr" in calls:
                setters.add(f"app.services.{file.stem}.{function.name}")
    assert setters == SETTERS
