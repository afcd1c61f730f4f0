"""`installs`: ids of the first dashboard."""

from uuid import uuid4

import pytest

from app.domain.errors import KeyRevoked
from app.services import key_verification

BOTH = pytest.mark.databases("sqlite", "postgresql")


@pytest.fixture
def ids(operator, tmp_path):
    """Two ids on record."""
    operator.run("orgs", "create", "Acme")
    ids = [str(uuid4()), str(uuid4())]
    (tmp_path / "ids.txt").write_text(f"{ids[0]}\n\n{ids[1].upper()}\n")
    return ids


@BOTH
def test_ids_are_put_on_record_once_listed_and_withdrawn(operator, ids, app, runtime):
    done = operator.run("installs", "import", "ids.txt", "--org", "Acme")
    assert done == "Imported 2 install IDs. 0 were already there.\n"
    assert operator.json("installs", "import", "ids.txt", "--org", "Acme") == {"read": 2, "imported": 0}
    listed = operator.json("installs", "list")["data"]
    assert {row["id"] for row in listed} == set(ids)
    assert {(row["organization"], row["last_seen_at"], row["withdrawn"]) for row in listed} == {("Acme", None, False)}
    with app.app_context():
        assert key_verification.passed(key_verification.verify_install(runtime, ids[0], scope=None), None, None)
    assert operator.run("installs", "withdraw", ids[0]) == f"{ids[0]} is withdrawn.\n"
    assert f"{ids[0]} | Acme | withdrawn\n" in operator.run("installs", "list")
    with app.app_context(), pytest.raises(KeyRevoked):
        key_verification.passed(key_verification.verify_install(runtime, ids[0], scope=None), None, None)


def test_a_file_with_anything_else_in_it_imports_nothing(operator, ids, tmp_path):
    for content in (f"{ids[0]}\nnot an id\n".encode(), b"\xff\n"):
        (tmp_path / "bad.txt").write_bytes(content)
        assert "Nothing was imported" in operator.refused("installs", "import", "bad.txt", "--org", "Acme")
    assert operator.run("installs", "list") == "None yet.\n"
    assert operator.json("installs", "list") == {"data": []}


def test_what_is_not_on_record_cannot_be_withdrawn(operator):
    assert "There is no install ID" in operator.refused("installs", "withdraw", uuid4())
