"""`forget-earlier-versions`: after an upgrade, once no older server runs."""

from app.services.key_cache import SETTLE_SECONDS
from tests.system.visitors import query


def test_the_wait_goes_down_when_the_operator_says_so(operator, database):
    query(database, "INSERT INTO revocation_counter (id, revision, settle_ms) VALUES (1, 7, 110)")
    assert operator.run("forget-earlier-versions") == "Revokes are now answered after 0.03 seconds.\n"
    assert query(database, "SELECT revision, settle_ms FROM revocation_counter") == [(7, 0)]
    assert operator.json("forget-earlier-versions") == {"seconds": SETTLE_SECONDS}
