"""`init`: makes the tables, on either database."""

import sqlite3

from tests.servers import run


def test_init_makes_the_tables_as_often_as_one_likes(tmp_path):
    for _ in range(2):
        done = run(f"sqlite:///{tmp_path}/fresh.db", tmp_path, "init")
        assert done.returncode == 0, done.stderr
        assert done.stdout == "Initializing Database structure...\nDatabase initialized successfully.\n"
    with sqlite3.connect(tmp_path / "fresh.db") as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert {"api_key", "person", "organization", "audit_entry"} <= tables


def test_init_works_on_postgresql_too(at_desk, postgresql):
    operator = at_desk(postgresql.create_database())
    assert operator.run("init").endswith("Database initialized successfully.\n")
    assert operator.json("list") == {"data": []}
