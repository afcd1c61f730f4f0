"""Another PostgreSQL system at the same address, or the same on another timeline."""

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

from app.extensions import db
from app.store import ping
from app.store.database_errors import DatabaseUnavailable
from app.store.engine import prepare
from tests import databases
from tests.system.visitors import query

pytestmark = [pytest.mark.databases("postgresql"), pytest.mark.own_app]


@pytest.fixture
def database(postgresql, tmp_path):
    """One of its own, because its functions are changed."""
    url = postgresql.create_database()
    databases.migrate(url, tmp_path)
    return url


def reconnected_to(database, system):
    """Lets the server have this identifier, as SQL or as a number: our function comes before the built-in one."""
    query(database, f"ALTER DATABASE {make_url(database).database} SET search_path = public, pg_catalog")
    query(
        database,
        "CREATE OR REPLACE FUNCTION public.pg_control_system(OUT system_identifier bigint)"
        f" LANGUAGE sql AS $$SELECT {system}$$",
    )
    databases.dispose()


def promoted(database, timeline):
    """Lets the server be on this timeline, as if a standby had taken its place."""
    query(database, f"ALTER DATABASE {make_url(database).database} SET search_path = public, pg_catalog")
    query(
        database,
        "CREATE OR REPLACE FUNCTION public.pg_walfile_name(lsn pg_lsn) RETURNS text"
        f" LANGUAGE sql AS $$SELECT '{timeline:08X}' || right(pg_catalog.pg_walfile_name(lsn), 16)$$",
    )
    databases.dispose()


THE_SAME = "system_identifier FROM pg_catalog.pg_control_system()"


def test_it_is_refused_until_a_restart(app, runtime, database):
    ping.ping()
    runtime.key_records.revision()
    reconnected_to(database, THE_SAME)
    ping.ping()
    runtime.key_records.revision()
    reconnected_to(database, 4711)
    for read in (ping.ping, runtime.key_records.revision):
        with pytest.raises(DatabaseUnavailable, match="another PostgreSQL system"):
            read()
        db.session.remove()
    assert app.test_client().get("/readyz").status_code == 503
    assert app.test_client().get("/healthz").status_code == 200


def test_another_timeline_is_noticed_and_used(app, runtime, database):
    runtime.key_records.revision()
    promoted(database, 1)
    runtime.key_records.revision()
    assert runtime.key_records.timeline_changes() == 0
    promoted(database, 27)
    ping.ping()
    assert runtime.key_records.revision() == 0
    assert runtime.key_records.timeline_changes() == 1
    assert app.test_client().get("/readyz").status_code == 200


def test_what_was_opened_on_an_earlier_timeline_reads_nothing_more(runtime, database):
    runtime.key_records.revision()
    ((before, _),) = runtime.key_records._reader._idle
    query(database, f"ALTER DATABASE {make_url(database).database} SET search_path = public, pg_catalog")
    query(
        database,
        "CREATE FUNCTION public.pg_walfile_name(lsn pg_lsn) RETURNS text"
        " LANGUAGE sql AS $$SELECT '0000001B' || right(pg_catalog.pg_walfile_name(lsn), 16)$$",
    )
    # A request finds the new primary while the connection to the earlier one goes on.
    db.session.remove()
    db.engine.dispose()
    ping.ping()
    assert runtime.key_records.revision() == 0
    assert before.connection.closed


def test_whoever_may_not_ask_is_let_in(postgresql):
    url = postgresql.create_database_with_password("a password")
    forbid = "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_control_system FROM PUBLIC"
    query(postgresql.server.get_uri(database=url.database), forbid)
    engine = create_engine(url, poolclass=NullPool)
    prepare(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
