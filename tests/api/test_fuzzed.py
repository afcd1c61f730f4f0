"""What schemathesis makes of the description, sent to a real server with real credentials: no answer is a 5xx, and none
is anything else than the description says."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis import Case
from schemathesis.engine import events, from_schema

from app import create_app
from app.config import load_settings
from app.domain.key_policy import KeyPolicy
from app.domain.member_roles import Role
from app.services import operator_invitations
from app.store import organizations
from app.store.transaction import transaction
from tests import databases
from tests.actors import Actor, Cast
from tests.databases import SECRET, Sqlite
from tests.servers import serving

#: One case in so many carries no credential at all.
BARE = 8
#: One case in so many keeps the ids that were made up for it; the others name what exists.
MADE_UP = 3
#: Credentials are made anew after so many cases, because session tokens live for minutes.
RENEWED = 500


class Credentials:
    """Real ones of every kind, made from beside the server. Schemathesis asks for each case what to send along."""

    def __init__(self, database_url: str, folder: Path) -> None:
        environ = {"DATABASE_URL": database_url, "SECRET_KEY": SECRET}
        self._app = create_app(load_settings(environ, instance_path=folder))
        self._cast = Cast(self._app)
        self._numbers = count(1)
        self._renew()

    def get(self, *_: object) -> int:
        number = next(self._numbers)
        if number % RENEWED == 0:
            self._renew()
        return number

    def set(self, case: Case, number: int, _: object) -> None:
        if number % MADE_UP:
            # A key, a member and an invitation of its own: the case may revoke, remove or withdraw it.
            real = {
                "org": lambda: self._alice.org,
                "key": lambda: self._new_key()["id"],
                "person": lambda: self._member(f"member-{number}"),
                "invitation": lambda: self._invitation(f"invited-{number}@example.com"),
            }
            case.path_parameters |= {name: real[name]() for name in case.path_parameters if name in real}
            if "org_id" in case.query:
                case.query["org_id"] = self._alice.org
        # From an address of its own, so that the limits leave something to see.
        case.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        ways = [name for way in case.operation.definition.raw["security"] for name in way]
        if case.path == "/v1/auth/sign-out":
            case.cookies["whs_session"] = self._session(Actor(self._app, f"leaving-{number}").sign_in())
        elif ways and number % BARE:
            place, name, value = self._by_name[ways[number % len(ways)]]
            getattr(case, place)[name] = value

    def close(self) -> None:
        with self._app.app_context():
            databases.dispose()

    def _renew(self) -> None:
        self._alice = self._cast.alice
        key = self._new_key()["key"]
        token = self._cast.session_token(self._alice)
        self._by_name = {
            "apiKey": ("headers", "x-api-key", key),
            "apiKeyBearer": ("headers", "Authorization", f"Bearer {key}"),
            "sessionToken": ("headers", "Authorization", f"Bearer {token}"),
            "sessionCookie": ("cookies", "whs_session", self._session(self._alice)),
        }

    def _new_key(self) -> dict[str, Any]:
        """A case may have set a policy that allows no such key."""
        with self._app.app_context(), transaction():
            organizations.set_key_policy(self._alice.org, KeyPolicy())
        return self._alice.create_key(scopes=["agent:rw"])

    def _member(self, name: str) -> str:
        member = Actor(self._app, name).sign_in()
        self._cast.join(member, self._alice.org)
        return member.person_id

    def _invitation(self, email: str) -> str:
        with self._app.app_context():
            runtime = self._app.extensions["runtime"]
            return operator_invitations.invite(runtime, self._alice.org, email, Role.MEMBER).id

    @staticmethod
    def _session(actor: Actor) -> str:
        return actor.http.get_cookie("whs_session").value


@pytest.fixture
def schema(tmp_path: Path, sqlite: Sqlite) -> Iterator[Any]:
    database_url = sqlite.fresh(tmp_path)
    settings = {"TRUSTED_HOPS": "1", "ENABLE_TEST_TOKEN_ENDPOINT": "true"}
    with serving(database_url, tmp_path, **settings) as server:
        schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
        credentials = Credentials(database_url, tmp_path)

        @schema.auth(refresh_interval=None)
        class Auth:
            get, set = staticmethod(credentials.get), staticmethod(credentials.set)

        yield schema
        credentials.close()
        assert "crash in request" not in server.log


@dataclass
class Outcome:
    failures: list[str] = field(default_factory=list)
    cases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int | str] = field(default_factory=Counter)

    def add(self, event: events.EngineEvent) -> None:
        if isinstance(event, events.NonFatalError):
            self.failures.append(f"{event.label}: {event.value!r}")
        elif isinstance(event, events.FatalError):
            self.failures.append(repr(event.exception))
        elif isinstance(event, events.ScenarioFinished):
            for interaction in event.recorder.interactions.values():
                self.cases[event.phase.value] += 1
                self.statuses[interaction.response.status_code if interaction.response else "none"] += 1
            for check in chain.from_iterable(event.recorder.checks.values()):
                if check.failure_info:
                    failure = check.failure_info
                    self.failures.append(f"{event.label}: {check.name}: {failure.failure}\n{failure.code_sample}")


def run(schema: Any, max_examples: int) -> Outcome:
    """All phases: examples, every bound and every wrong type of each field, made-up requests, chains of requests."""
    # Credentials come from us, not from the description.
    schema.config.generation.update(with_security_parameters=False, max_examples=max_examples, database="none")
    # What a schema allows can still be refused for what it means: a wrong code, a scope that a role may not give.
    schema.config.checks.positive_data_acceptance.enabled = False
    # It takes `key` of an answer, the key's text, for the `{key}` of a path, its id.
    schema.config.checks.ensure_resource_availability.enabled = False
    outcome = Outcome()
    for event in from_schema(schema).execute():
        outcome.add(event)
    print(f"\nschemathesis: {outcome.cases.total()} cases {dict(outcome.cases)}, statuses {dict(outcome.statuses)}")
    # Whole, because an assertion shows their ends only.
    print(*outcome.failures, sep="\n\n")
    return outcome


def test_no_case_breaks_the_description(schema):
    # The same cases each time; the long form draws others.
    schema.config.seed = 1
    outcome = run(schema, max_examples=5)
    assert outcome.failures == []
    assert outcome.cases.total() >= 800
    # Not refusals alone.
    assert {200, 201, 204} <= outcome.statuses.keys()


@pytest.mark.soak
def test_nor_does_one_of_many_more(schema):
    outcome = run(schema, max_examples=400)
    assert outcome.failures == []
    assert outcome.cases.total() >= 5000
