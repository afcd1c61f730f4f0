"""The cast: people with a browser of their own, in and outside of one organization."""

from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain.member_roles import Permission, Role
from app.services import agent_session_tokens, install_id_credentials, organizations, sign_in
from app.services.organizations import Member
from app.store import memberships, people
from app.store.transaction import transaction
from tests import databases


class Actor:
    """Somebody with a browser. `org` is the organization that the test is about, whether they belong to it or not."""

    def __init__(self, app: Flask, name: str) -> None:
        self.app = app
        self.email = f"{name}@example.com"
        self.http: FlaskClient = app.test_client()
        self.org = ""

    def sign_in(self) -> "Actor":
        runtime = self.app.extensions["runtime"]
        with self.app.app_context():
            link = sign_in.request_link(runtime, email=self.email, client=f"test of {self.email}")
            signed_in = sign_in.redeem(
                runtime, link.token.reveal() if link.token else "", address="127.0.0.1", user_agent="a test"
            )
        self.http.set_cookie("whs_session", signed_in.session_token.reveal())
        return self

    @property
    def cookie(self) -> str:
        cookie = self.http.get_cookie("whs_session")
        assert cookie is not None
        return cookie.value

    @property
    def person_id(self) -> str:
        with self.app.app_context():
            person = people.by_email(self.email)
        assert person is not None
        return person.id

    @property
    def member(self) -> Member:
        with self.app.app_context():
            return organizations.member(self.person_id, self.email, self.org, Permission.READ_KEYS)

    def own_organization(self) -> str:
        with self.app.app_context():
            return organizations.of_person(self.person_id)[0].id

    def create_key(self, **body: Any) -> dict[str, Any]:
        answer = self.http.post(f"/v1/orgs/{self.org}/keys", json={"name": "A key"} | body)
        assert answer.status_code == 201, answer.text
        return answer.get_json()["data"]

    def revoke(self, key_id: str) -> TestResponse:
        return self.http.post(f"/v1/orgs/{self.org}/keys/{key_id}/revoke")


def owner(app: Flask) -> Actor:
    """Alice, who has signed in to her own organization."""
    alice = Actor(app, "alice").sign_in()
    alice.org = alice.own_organization()
    return alice


class KnownOwner:
    """Alice again, in each database that has been emptied since. Inserting her rows takes a tenth of signing in."""

    def __init__(self) -> None:
        self._made: dict[Flask, tuple[databases.Rows, Actor]] = {}

    def __call__(self, app: Flask) -> Actor:
        with app.app_context():
            if app not in self._made:
                alice = owner(app)
                self._made[app] = databases.rows(), alice
                return alice
            rows, before = self._made[app]
            databases.insert(rows)
        alice = Actor(app, "alice")
        alice.org = before.org
        alice.http.set_cookie("whs_session", before.cookie)
        return alice


class Cast:
    """Made one by one, when a test first asks."""

    def __init__(self, app: Flask, alice: Actor | None = None) -> None:
        self._app = app
        self.alice = alice or owner(app)

    @property
    def adam(self) -> Actor:
        return self._join("adam", Role.ADMIN)

    @property
    def bob(self) -> Actor:
        return self._join("bob", Role.MEMBER)

    @property
    def vera(self) -> Actor:
        return self._join("vera", Role.VIEWER)

    @property
    def charlie(self) -> Actor:
        actor = Actor(self._app, "charlie").sign_in()
        actor.org = self.alice.org
        return actor

    def join(self, actor: Actor, org_id: str, role: Role = Role.MEMBER) -> None:
        """Makes somebody who has an account a member."""
        person_id = actor.person_id
        with self._app.app_context(), transaction():
            memberships.add(org_id, person_id, role, self._app.extensions["runtime"].clock())

    def session_token(self, actor: Actor) -> str:
        """What an agent of theirs holds."""
        runtime = self._app.extensions["runtime"]
        person_id = actor.person_id
        with self._app.app_context(), transaction():
            return agent_session_tokens.issue(runtime, person_id, actor.email, runtime.clock()).token.reveal()

    def install_id(self) -> str:
        """An install id on record for the organization."""
        install_id = str(uuid4())
        with self._app.app_context():
            install_id_credentials.import_ids(self._app.extensions["runtime"], self.alice.org, [install_id])
        return install_id

    def nobody(self) -> Actor:
        """A browser that is not signed in."""
        actor = Actor(self._app, "nobody")
        actor.org = self.alice.org
        return actor

    def _join(self, name: str, role: Role) -> Actor:
        actor = Actor(self._app, name)
        now = self._app.extensions["runtime"].clock()
        with self._app.app_context(), transaction():
            known = people.by_email(actor.email)
            if known is None:
                known = people.add(actor.email, now)
                memberships.add(self.alice.org, known.id, role, now)
        actor.org = self.alice.org
        return actor.sign_in()
