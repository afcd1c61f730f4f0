"""Install ids: on record, deprecated, and over at the end of 2026."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from app.domain.errors import InstallIdSunset, InvalidKey, KeyDisabled, KeyRevoked, NotFound
from app.services import install_id_credentials, key_verification, operator_organizations


def require(runtime, install_id, *, scope):
    return key_verification.passed(
        key_verification.verify_install(runtime, install_id, scope=scope), scope, None
    ).record


@pytest.fixture
def install_id(runtime, alice):
    install_id = str(uuid4())
    assert install_id_credentials.import_ids(runtime, alice.org, [install_id.upper()]) == 1
    return install_id


def test_an_id_on_record_may_do_what_an_agent_may(runtime, alice, install_id):
    for scope in (None, "agent:rw", "agent:r", "cache:invalidate"):
        assert require(runtime, install_id, scope=scope).org_id == alice.org


def test_importing_again_adds_nothing(runtime, alice, install_id):
    assert install_id_credentials.import_ids(runtime, alice.org, [install_id, str(uuid4())]) == 1


def test_the_list_says_which_still_call(runtime, install_id, clock):
    assert install_id_credentials.on_record()[0][0].last_seen_at is None
    require(runtime, install_id, scope=None)
    runtime.usage.flush()
    assert install_id_credentials.on_record()[0][0].last_seen_at == clock.now


def test_a_withdrawn_id_is_refused(runtime, install_id):
    install_id_credentials.withdraw(runtime, install_id)
    with pytest.raises(KeyRevoked):
        require(runtime, install_id, scope=None)
    with pytest.raises(NotFound):
        install_id_credentials.withdraw(runtime, str(uuid4()))


def test_an_id_of_a_disabled_organization_is_refused(runtime, alice, install_id):
    operator_organizations.set_organization_disabled(runtime, alice.org, disabled=True)
    with pytest.raises(KeyDisabled):
        require(runtime, install_id, scope=None)


NOBODYS = "0f9dd17e-8c0f-4a53-9a5a-3c2f4a0b7d11"


@pytest.mark.parametrize("wrong", ["", "x", NOBODYS, "{" + NOBODYS + "}", NOBODYS.replace("-", ""), "\x00" * 36])
def test_an_id_that_is_not_on_record_is_invalid(runtime, install_id, wrong):
    with pytest.raises(InvalidKey):
        require(runtime, wrong, scope=None)


def test_ids_end_with_2026(runtime, install_id, clock):
    clock.now = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert require(runtime, install_id, scope=None)
    clock.advance(seconds=1)
    with pytest.raises(InstallIdSunset):
        require(runtime, install_id, scope=None)
