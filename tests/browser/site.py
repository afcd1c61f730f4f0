"""What is in the database before anybody looks: people, organizations, and keys in every state."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes

from app import create_app
from app.config import load_settings
from app.domain.audit_chain import GENESIS
from app.domain.member_roles import Role
from app.services import invitations
from app.store import audit_checks, keys, memberships, people
from app.store.audit_checks import Check
from app.store.transaction import transaction
from tests import databases
from tests.actors import Actor
from tests.conftest import SECRET, Clock

LONG_NAME = "W" * 40 + " and a name that goes on until it is as long as it may be"
PAGE_SIZE = 50
#: `MAX_KEYS_PER_ORG` of the server: the organization of max is full.
MOST_KEYS = PAGE_SIZE + 1


@dataclass(frozen=True)
class Site:
    """A running server, and what its database held at the start. `paths` maps what a test calls a page to its path."""

    url: str
    database_url: str
    sessions: dict[str, str]
    paths: dict[str, str]

    def session_of(self, name: str) -> str:
        return self.sessions[name]

    def add_keys(self, org_id: str, number: int) -> None:
        """Many keys at once, the newest of their organization, which nobody can use."""
        now = datetime.now(UTC)
        row = {"org_id": org_id, "start": "whk_00000000", "last4": "0000", "prefix": "whk_", "scopes": ("agent:r",)}
        rows = [row | {"name": f"worker {n}", "digest": token_bytes(), "created_at": now} for n in range(number)]
        settings = load_settings({"DATABASE_URL": self.database_url, "SECRET_KEY": SECRET}, instance_path=Path())
        with create_app(settings).app_context():
            with transaction():
                assert keys.add_missing(rows) == number
            databases.dispose()


def build(url: str, database_url: str, folder: Path) -> Site:
    """Fills the database of a running server, from beside it."""
    clock = Clock()
    clock.now = datetime.now(UTC)
    settings = load_settings({"DATABASE_URL": database_url, "SECRET_KEY": SECRET}, instance_path=folder)
    app = create_app(settings, clock=clock)
    # Requests come after this block: inside of it they would share one `g`, and with it the first person signed in.
    with app.app_context():
        cast = {
            name: _with_organization(Actor(app, name))
            for name in ("alice", "erin", "otto", "max", "rita", "mona", "xena", "hugo", "tess")
        }
        cast |= {name: Actor(app, name) for name in ("vera", "nora", "mia", "ruth", "ida")}
        _join(cast["mona"], cast["alice"].org, Role.ADMIN, clock.now)
        _join(cast["vera"], cast["otto"].org, Role.VIEWER, clock.now)
        _join(cast["mia"], cast["otto"].org, Role.MEMBER, clock.now)
        _join(cast["ruth"], cast["rita"].org, Role.MEMBER, clock.now)
        _join(cast["ida"], cast["hugo"].org, Role.MEMBER, clock.now)
        _join(cast["nora"], None, Role.VIEWER, clock.now)
        invited = invitations.invite(app.extensions["runtime"], cast["alice"].member, "ines@example.com", Role.MEMBER)
        invitations.invite(app.extensions["runtime"], cast["alice"].member, "hugo@example.com", Role.VIEWER)
        # She signs up with the invitation, so she is in no organization.
        cast["ines"] = Actor(app, "ines").sign_in()
    cast["mia"].org = cast["otto"].org
    cast["ida"].org = cast["hugo"].org
    paths = _keys_in_every_state(cast["alice"], clock) | {"list of max": f"/orgs/{cast['max'].org}/keys"}
    paths |= {page: f"/orgs/{cast['alice'].org}/{page}" for page in ("usage", "members", "audit-log", "settings")}
    paths |= {"delete": f"{paths['settings']}/delete", "delete of hugo": f"/orgs/{cast['hugo'].org}/settings/delete"}
    log = paths["audit-log"]
    key = paths["key"].rpartition("/")[2]
    paths |= {"audit log of a key": f"{log}?key={key}", "no entries": f"{log}?until=2020-01-31"}
    paths["broken log"] = f"/orgs/{cast['rita'].org}/audit-log"
    with app.app_context(), transaction():
        found = Check(1, GENESIS, clock.now, is_running=False, whole_to=1, checked_at=clock.now, broken_at=2)
        audit_checks.put(cast["rita"].org, found)
    paths["log of otto"] = f"/orgs/{cast['otto'].org}/audit-log"
    cast["tess"].http.post("/v1/orgs", json={"name": "tess’s organization"})
    paths["keys of tess"] = f"/orgs/{cast['tess'].org}/keys"
    paths["no usage"] = f"/orgs/{cast['erin'].org}/usage"
    paths |= _members_pages(cast)
    paths |= {"invitation": f"/invitations/{invited.id}", "invite": f"/orgs/{cast['alice'].org}/invitations/new"}
    paths["new key of a viewer"] = f"/orgs/{cast['otto'].org}/keys/new"
    paths["change of mia"] = _bound_key(cast["otto"], cast["mia"])
    paths |= _policy(cast["hugo"], cast["ida"])
    for number in range(MOST_KEYS):
        key = cast["max"].create_key(name=f"Key {number}")
    paths |= {
        "new of max": f"{paths['list of max']}/new",
        "rotate of max": f"{paths['list of max']}/{key['id']}/rotate",
    }
    sessions = {name: actor.http.get_cookie("whs_session").value for name, actor in cast.items()}
    with app.app_context():
        databases.dispose()
    return Site(url, database_url, sessions, paths)


def _bound_key(owner: Actor, member: Actor) -> str:
    """The form that changes a member's key, on which the owner set limits."""
    key = f"/orgs/{member.org}/keys/{member.create_key(name='Report of mia')['id']}"
    limits = {"networks": ["203.0.113.0/24"], "rate_limit": {"requests": 100, "window_seconds": 60}}
    assert owner.http.patch(f"/v1{key}", json=limits).status_code == 200
    return f"{key}/change"


def _policy(owner: Actor, member: Actor) -> dict[str, str]:
    """A policy for keys, and keys that are outside of it for each reason there is."""
    owner.create_key(name="Report of hugo")
    member.create_key(name="Deploy bot of ida", scopes=["notes:write", "cache:invalidate"], expires_in_days=200)
    policy = {"longest_expiry_days": 60, "scopes_by_role": {"member": ["agent:r", "notes:read"]}}
    assert owner.http.patch(f"/v1/orgs/{owner.org}/key-policy", json=policy).status_code == 200
    return {"policy": f"/orgs/{owner.org}/settings/keys", "new by policy": f"/orgs/{owner.org}/keys/new"}


def _members_pages(cast: dict[str, Actor]) -> dict[str, str]:
    of_otto, of_rita = (f"/orgs/{cast[name].org}/members" for name in ("otto", "rita"))
    return {
        "role of mia": f"{of_otto}/{cast['mia'].person_id}/role",
        "removal of mia": f"{of_otto}/{cast['mia'].person_id}/remove",
        "removal of vera": f"{of_otto}/{cast['vera'].person_id}/remove",
        "removal of ruth": f"{of_rita}/{cast['ruth'].person_id}/remove",
        "mia leaves": f"{of_otto}/leave",
        "members for mia": of_otto,
    }


def _with_organization(actor: Actor) -> Actor:
    actor.sign_in()
    actor.org = actor.own_organization()
    return actor


def _join(actor: Actor, org_id: str | None, role: Role, now: datetime) -> None:
    with transaction():
        person = people.by_email(actor.email) or people.add(actor.email, now)
        if org_id:
            memberships.add(org_id, person.id, role, now)
    actor.sign_in()


def _keys_in_every_state(alice: Actor, clock: Clock) -> dict[str, str]:
    today = clock.now
    clock.now = today - timedelta(days=40)
    active = alice.create_key(
        name="GitHub Action prod",
        scopes=["cache:invalidate"],
        rate_limit={"requests": 100, "window_seconds": 60},
        networks=["127.0.0.0/8", "203.0.113.0/24", "2001:db8:85a3:8d3:1319:8a2e:370:7348"],
    )
    ids = {
        "active": active["id"],
        "expired": alice.create_key(name="Trial of the importer", expires_in_days=30)["id"],
        "revoked": alice.create_key(name="Old deploy bot")["id"],
    }
    clock.now = today
    _use(alice, active["key"])
    alice.revoke(ids["revoked"])
    alice.create_key(name="Laptop of Alice", expires_in_days=3)
    alice.create_key(name=LONG_NAME, scopes=["agent:rw", "notes:write", "cache:invalidate", "keys:verify"])
    keys = f"/orgs/{alice.org}/keys"
    more = _keys_in_more_states(alice)
    asked = {
        f"{action} {state}": f"{keys}/{key}/{action}" for state, key in ids.items() for action in ("revoke", "rotate")
    }
    settings = {"key": f"{keys}/{ids['active']}", "change": f"{keys}/{ids['active']}/change"}
    settings |= {
        "new from template": f"{keys}/new?template=read-only",
        "new by link": f"{keys}/new?name=Deploy+bot&scope=cache:invalidate&scope=root&expires=2020-01-31",
    }
    lists = {"no key found": f"{keys}?q=nothing+like+this"}
    lists |= {f"{state} keys": f"{keys}?state={state}" for state in ("revoked", "failing")}
    lists["revoke many"] = f"{keys}/revoke?key={ids['active']}&key={more['failing']}"
    states = {state: f"{keys}/{key}" for state, key in (more | {"revoked": ids["revoked"]}).items()}
    states |= {"leaked": f"{keys}/{more['leaked']}/leaked", "rotate suspended": f"{keys}/{more['suspended']}/rotate"}
    new = {"new": f"{keys}/new", "change revoked": f"{keys}/{ids['revoked']}/change"}
    return asked | settings | lists | states | new


def _keys_in_more_states(alice: Actor) -> dict[str, str]:
    failing = alice.create_key(name="Without the scope", scopes=["notes:read"])
    alice.app.test_client().get("/v1/telemetry", headers={"x-api-key": failing["key"]})
    suspended, leaked = alice.create_key(name="On holiday"), alice.create_key(name="Got out")
    replaced = alice.create_key(name="Being replaced")
    _use(alice, replaced["key"])
    of_key = f"/v1/orgs/{alice.org}/keys"
    successor = alice.http.post(f"{of_key}/{replaced['id']}/rotate", json={"overlap_seconds": 86_400})
    _use(alice, leaked["key"])
    for key, action, body in ((suspended, "suspend", None), (leaked, "revoke", {"leaked": True})):
        answer = alice.http.post(f"{of_key}/{key['id']}/{action}", json=body)
        assert answer.status_code == 200, answer.text
    ids = {name: key["id"] for name, key in (("failing", failing), ("suspended", suspended), ("leaked", leaked))}
    return ids | {"replaced": replaced["id"], "successor": successor.get_json()["data"]["id"]}


def _use(actor: Actor, key: str) -> None:
    for address in ("127.0.0.1", "198.51.100.7"):
        actor.app.test_client().get("/v1/me", headers={"x-api-key": key}, environ_base={"REMOTE_ADDR": address})
    with actor.app.app_context():
        actor.app.extensions["runtime"].usage.flush()
