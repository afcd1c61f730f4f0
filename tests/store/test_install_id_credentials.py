"""Install ids on record."""

from app.store import install_id_credentials
from app.store.transaction import transaction


def add(install_id, org_id, clock):
    with transaction():
        return install_id_credentials.add(install_id, org_id, clock.now)


def test_an_id_is_put_on_record_once_and_stays_with_its_organization(org, other_org, clock):
    assert add("id-1", org, clock)
    assert not add("id-1", other_org, clock)
    assert install_id_credentials.get("id-1").org_id == org
    assert install_id_credentials.get("id-2") is None


def test_the_list_names_organizations_and_is_oldest_first(org, other_org, clock):
    add("b", org, clock)
    add("a", org, clock)
    clock.advance(seconds=-1)
    add("c", other_org, clock)
    assert [(install.id, name) for install, name in install_id_credentials.all_with_organization()] == [
        ("c", "Bolt"),
        ("a", "Acme"),
        ("b", "Acme"),
    ]


def test_the_last_call_moves_forward_never_back(org, clock):
    add("id-1", org, clock)
    add("id-2", org, clock)
    seen = clock.now
    for _ in range(2):
        with transaction():
            install_id_credentials.mark_seen("id-1", clock.now)
        clock.advance(seconds=-1)
    assert install_id_credentials.get("id-1").last_seen_at == seen
    assert install_id_credentials.get("id-2").last_seen_at is None
